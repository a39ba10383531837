"""The alerts and the dashboard: their queries, tests and runbook, without a Prometheus."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.promql import documented, selectors

OF_EVERY_SERIES = {"worker", "job", "instance"}


@pytest.fixture(scope="module")
def folder(project: Path) -> Path:
    return project / "deploy" / "monitoring"


@pytest.fixture(scope="module")
def rules(folder: Path) -> list[dict[str, Any]]:
    groups = yaml.safe_load((folder / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


@pytest.fixture(scope="module")
def alerts(rules: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules if "alert" in rule}


@pytest.fixture(scope="module")
def dashboard(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "dashboard.json").read_text())
    return found


def panels(dashboard: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (panel for panel in dashboard["panels"] if panel["type"] != "row")


def queries(dashboard: dict[str, Any]) -> Iterator[str]:
    yield from (target["expr"] for panel in panels(dashboard) for target in panel["targets"])
    yield from (note["expr"] for note in dashboard["annotations"]["list"])
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["query"]["query"].removeprefix("label_values(").rpartition(",")[0]


def test_promtool_accepts_the_rules_and_their_tests(folder: Path) -> None:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: run `make test`, which installs it"
    for arguments in (("check", "rules", "alerts.yaml"), ("test", "rules", "alerts.test.yaml")):
        done = subprocess.run(
            [promtool, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested_both_ways(folder: Path, alerts: dict[str, Any]) -> None:
    fires: set[str] = set()
    rests: set[str] = set()
    for test in yaml.safe_load((folder / "alerts.test.yaml").read_text())["tests"]:
        for check in test["alert_rule_test"]:
            (fires if check["exp_alerts"] else rests).add(check["alertname"])
    assert fires == rests == set(alerts)


def test_every_alert_leads_to_its_entry_of_the_runbook(
    project: Path, alerts: dict[str, Any]
) -> None:
    entries = re.findall(r"^### (.*)$", (project / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert entries == list(alerts)
    for name, rule in alerts.items():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{name.lower()}"


def test_every_query_asks_for_metrics_and_labels_that_are_documented(
    project: Path, rules: list[dict[str, Any]], dashboard: dict[str, Any]
) -> None:
    known = dict(documented(project))
    for name, (kind, labels) in list(known.items()):
        if kind == "histogram":
            parts = {"_count": labels, "_sum": labels, "_bucket": labels | {"le"}}
            known.update({f"{name}{part}": ("counter", of) for part, of in parts.items()})
    known["up"] = ("gauge", set())
    known.update({rule["record"]: ("gauge", set()) for rule in rules if "record" in rule})
    asked = set()
    for expression in (*(rule["expr"] for rule in rules), *queries(dashboard)):
        for name, labels in selectors(expression):
            assert name in known, expression
            asked.add(name)
            unknown = labels - known[name][1] - OF_EVERY_SERIES
            assert not unknown, (expression, unknown)
    assert len(asked) > 40


def test_counters_are_asked_for_their_increase_and_gauges_are_not(
    project: Path, rules: list[dict[str, Any]], dashboard: dict[str, Any]
) -> None:
    known = documented(project)
    for expression in (*(rule["expr"] for rule in rules), *queries(dashboard)):
        for name in re.findall(r"\b(?:rate|increase)\((\w+)", expression):
            assert name.endswith(("_bucket", "_count")) or known[name][0] == "counter", expression
        for name, _labels in selectors(expression):
            if known.get(name, ("",))[0] == "counter":
                assert re.search(rf"(rate|increase)\({name}", expression), expression


def test_the_dashboard_is_what_its_panels_give(
    project: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])
    from dashboard.__main__ import text

    assert (folder / "dashboard.json").read_text() == text(), (
        "run: PYTHONPATH=tools python -m dashboard"
    )


def test_panels_say_what_they_show_and_do_not_overlap(dashboard: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in dashboard["panels"]]
    assert len(numbers) == len(set(numbers))
    for panel in panels(dashboard):
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]
        references = [target["refId"] for target in panel["targets"]]
        assert references == sorted(set(references))
    cells = [
        {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        for place in (panel["gridPos"] for panel in dashboard["panels"])
    ]
    assert all(0 <= x < 24 for covered in cells for x, _ in covered)
    assert not any(one & other for one, other in combinations(cells, 2))


def test_every_documented_metric_of_an_alert_is_on_the_dashboard(
    alerts: dict[str, Any], dashboard: dict[str, Any]
) -> None:
    shown = {
        re.sub("_(bucket|count)$", "", name)
        for expression in queries(dashboard)
        for name, _ in selectors(expression)
    }
    for rule in alerts.values():
        for name, _labels in selectors(rule["expr"]):
            base = re.sub("_(bucket|count)$", "", name)
            assert base in shown or base == "up" or base.startswith("job:"), name
