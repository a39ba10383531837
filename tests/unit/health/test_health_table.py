"""The table of health, what is written about it, and what tests it."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints
from unittest.mock import Mock

import pytest

from chat3_user.health.composing import Parts, probes
from chat3_user.health.settings import HealthSettings
from chat3_user.health.table import COMPONENTS, PROCESS, effect_of, rows
from chat3_user.shared_redis import Problem
from chat3_user.tenant_api.health import PlatformProblem
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.amqp.failures import BrokerProblem


def marked(tests: Path) -> Iterator[tuple[str, str]]:
    """Return the rows that tests of `make test` are marked with."""
    for file in sorted(
        [*tests.glob("unit/health/test_*.py"), *tests.glob("integration/test_*.py")]
    ):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.health_row":
                component, reason = map(ast.literal_eval, node.args)
                yield component, reason


def test_every_row_has_a_test_and_every_test_a_row(project: Path) -> None:
    assert sorted(set(marked(project / "tests"))) == sorted(rows())


def reasons(component: str) -> set[str]:
    (found,) = [each for each in COMPONENTS if each.name == component]
    return set(found.reasons)


def test_whatever_a_part_may_say_has_a_row() -> None:
    broker = get_args(get_type_hints(BrokerProblem)["reason"])
    platform = get_args(get_type_hints(PlatformProblem)["reason"])
    assert reasons("broker") == set(broker)
    assert reasons("tenant_api") == {*platform, "calls_fail"}
    assert reasons("idempotency_store") == reasons("rates") == set(get_args(Problem))


def test_every_component_has_a_probe_whose_silence_has_a_row() -> None:
    part: Any = object()
    parts = Parts(part, Mock(spec=AmqpBroker), part, part, part, part, part, part, part)
    by_name = {each.name: each for each in COMPONENTS}
    found = probes(parts, HealthSettings())
    for probe in found:
        assert effect_of(by_name[probe.component], probe.silent)
    assert {PROCESS, *(probe.component for probe in found)} == by_name.keys()


def test_the_guide_has_the_table_as_it_is(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(project / "tools")
    from health_table import table

    guide = (project / "docs" / "health.md").read_text()
    assert table() in guide, "run: python tools/health_table.py --write"
