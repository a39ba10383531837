"""Every metric is described, documented as it is, and moved by some test."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat3_user.metrics import Metrics
from chat3_user.metrics.exposition import WORKER_UP
from chat3_user.metrics.instruments import Described

DESCRIBED = [*Metrics().instruments.described, WORKER_UP]
UNITS = {"_seconds": "seconds", "_bytes": "bytes"}

each_metric = pytest.mark.parametrize("metric", DESCRIBED, ids=lambda metric: metric.name)


@each_metric
def test_a_name_says_type_and_unit_as_prometheus_wants_it(metric: Described) -> None:
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    stem = metric.name.removesuffix("_total")
    ending = next((end for end in UNITS if stem.endswith(end)), "")
    assert metric.unit == UNITS.get(ending, "")
    assert metric.kind != "histogram" or metric.unit == "seconds"
    assert metric.meaning.endswith(".")
    assert metric.source


@each_metric
def test_a_metric_is_named_by_the_conventions_or_begins_with_ours(metric: Described) -> None:
    of_conventions = ("rpc_", "http_", "db_", "messaging_", "process_", "target_info")
    assert metric.name.startswith(("chat3_", *of_conventions))


def test_no_two_metrics_have_one_name() -> None:
    names = [metric.name for metric in DESCRIBED]
    assert len(names) == len(set(names))


def test_the_page_is_what_the_code_says(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])
    from metrics_table import written

    page = (project / "docs" / "metrics.md").read_text()
    assert written(page) == page, "run: make generate"


def test_the_page_explains_every_label(project: Path) -> None:
    introduction, _, _ = (project / "docs" / "metrics.md").read_text().partition("<!-- metrics -->")
    labels = {label for metric in DESCRIBED for label in metric.labels}
    assert {label for label in labels if f"`{label}`" not in introduction} == set()


def test_every_metric_is_moved_by_a_test(project: Path) -> None:
    moved = {
        name
        for file in (project / "tests").rglob("test_*.py")
        for name in _moved(ast.parse(file.read_text()))
    }
    # `chat3_worker_up` is no worker's own: tests of exposition and of workers move it.
    assert moved == {metric.name for metric in DESCRIBED} - {WORKER_UP.name}


def _moved(tree: ast.AST) -> Iterator[str]:
    """Yield the names of metrics that a module holds to be moved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "moves":
            yield from (name.value for name in node.args[1:] if isinstance(name, ast.Constant))
