"""The operators' guides name settings, alerts and reasons that there are, with their defaults."""

import re
from pathlib import Path

import pytest
import yaml

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.config import SETTINGS

VARIABLES = {setting.variable: setting for setting in SETTINGS.values()}
GUIDES = ("operations.md", "scaling.md", "reconnect-storms.md", "limits.md")
NOT_SETTINGS = {"CAPACITY_USERS", "ACL", "SETUSER", "TENANT", "SIGTERM", "SIGHUP"}


@pytest.fixture
def limits(project: Path) -> str:
    return (project / "docs" / "limits.md").read_text()


def rows(text: str, heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading, without its head."""
    section = text.split(f"## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_every_limit_is_a_setting_with_its_default(limits: str) -> None:
    found = rows(limits, "Limits of a worker")
    assert len(found) > 20
    for variable, default, _ in found:
        assert default == f"`{VARIABLES[variable.strip('`')].default}`", variable


def test_every_limit_of_the_settings_has_a_row(limits: str) -> None:
    listed = {row[0].strip("`") for row in rows(limits, "Limits of a worker")}
    named = {
        name
        for name in VARIABLES
        if re.search(r"_MAX(_BYTES|_FIELDS)?$|_PER_(KEY|USER|TENANT|ADDRESS)$|_BUFFER_", name)
    } - {"CORS_MAX_AGE", "REFUSED_KEYS_PER_ADDRESS"}
    assert named <= listed, named - listed


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


def test_every_alert_has_an_entry_with_its_severity(project: Path) -> None:
    groups = yaml.safe_load((project / "deploy/monitoring/alerts.yaml").read_text())["groups"]
    alerts = {
        rule["alert"]: rule["labels"]["severity"]
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    runbook = (project / "docs" / "runbook.md").read_text()
    assert dict(re.findall(r"^### (\w+)\n\n\*\*(\w+)\.\*\*", runbook, re.MULTILINE)) == alerts


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
