"""The operators' guides name settings, alerts and reasons that there are, with their defaults."""

import re
from pathlib import Path

import pytest
import yaml

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.config import SETTINGS

VARIABLES = {setting.variable: setting for setting in SETTINGS.values()}
GUIDES = ("operations.md", "scaling.md")
NOT_SETTINGS = {"CAPACITY_USERS", "ACL", "SETUSER", "TENANT", "SIGTERM", "SIGHUP"}


@pytest.fixture
def operations(project: Path) -> str:
    return (project / "docs" / "operations.md").read_text()


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its head."""
    section = text.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_limit_is_a_setting_with_its_default(operations: str) -> None:
    found = rows(operations, "Sizes and limits")
    assert len(found) > 20
    for variable, default, _ in found:
        assert default == f"`{VARIABLES[variable.strip('`')].default}`", variable


def test_every_limit_of_the_settings_has_a_row(operations: str) -> None:
    listed = {row[0].strip("`") for row in rows(operations, "Sizes and limits")}
    limits = {
        name
        for name in VARIABLES
        if re.search(r"_MAX(_BYTES|_FIELDS)?$|_PER_(KEY|USER|TENANT|ADDRESS)$|_BUFFER_", name)
    } - {"CORS_MAX_AGE", "REFUSED_KEYS_PER_ADDRESS"}
    assert limits <= listed, limits - listed


@pytest.mark.parametrize("guide", GUIDES)
def test_every_variable_that_a_guide_names_is_a_setting(project: Path, guide: str) -> None:
    text = (project / "docs" / guide).read_text()
    named = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", text))
    reasons = {reason.name for reason in ErrorReason} | {
        f"ERROR_REASON_{r.name}" for r in ErrorReason
    }
    unknown = {name for name in named - reasons if name not in VARIABLES}
    enums = ("GAP_REASON_", "STREAM_STATE_")
    assert all(name.startswith(enums) for name in unknown - NOT_SETTINGS), unknown


def test_every_alert_is_listed_with_its_severity_and_has_an_entry(
    operations: str, project: Path
) -> None:
    groups = yaml.safe_load((project / "deploy/monitoring/alerts.yaml").read_text())["groups"]
    alerts = {
        rule["alert"]: rule["labels"]["severity"]
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    listed = {
        re.sub(r"\[(\w+)\].*", r"\1", alert): severity
        for alert, severity in rows(operations, "Alerts")
    }
    assert listed == alerts
    runbook = (project / "docs" / "runbook.md").read_text()
    for anchor in re.findall(r"runbook\.md#(\w+)", operations):
        assert re.search(rf"^### {anchor}$", runbook, re.MULTILINE | re.IGNORECASE), anchor


@pytest.mark.parametrize("guide", GUIDES)
def test_every_anchor_that_a_guide_links_to_is_a_heading(project: Path, guide: str) -> None:
    docs = project / "docs"
    for target, anchor in re.findall(r"\]\(([\w./-]*\.md)?#([\w-]+)\)", (docs / guide).read_text()):
        text = (docs / (target or guide)).read_text()
        headings = {
            re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        }
        assert anchor in headings, f"{target}#{anchor}"
