"""The scenario and what is expected of it fit each other and their schemas."""

import re
from typing import Any, get_args

import jsonschema
import msgspec
import pytest

from scenario import model
from scenario.run import EXPECTED, SCENARIO
from scenario.schemas import FOLDER, written

SCENARIO_READ = msgspec.json.decode(SCENARIO.read_bytes(), type=model.Scenario)
EXPECTED_READ = msgspec.json.decode(EXPECTED.read_bytes(), type=model.Outcome)
STEPS: list[dict[str, Any]] = msgspec.json.decode(SCENARIO.read_bytes())["steps"]


@pytest.mark.parametrize("name", model.SCHEMAS)
def test_a_schema_is_what_the_types_say(name: str) -> None:
    assert (FOLDER / name).read_text() == written(name), "run: python -m scenario.schemas"


@pytest.mark.parametrize(
    ("document", "schema"),
    [(SCENARIO, "scenario.schema.json"), (EXPECTED, "outcome.schema.json")],
)
def test_a_document_keeps_its_schema(document: Any, schema: str) -> None:
    rules = msgspec.json.decode((FOLDER / schema).read_bytes())
    jsonschema.validate(msgspec.json.decode(document.read_bytes()), rules)


def test_names_are_bound_before_they_are_used_and_once() -> None:
    bound: set[str] = set()
    for step in STEPS:
        used = {str(value)[1:] for value in step.values() if str(value).startswith("$")}
        assert used <= bound, step
        if "as" in step:
            names = {step["as"]}
            if step["do"] == "burst":
                names = {f"{step['as']}-{n}" for n in range(1, len(step["texts"]) + 1)}
            assert not names & bound, step
            bound |= names
    assert set(SCENARIO_READ.compared.statuses_of) <= bound


def test_only_users_whose_clients_run_act() -> None:
    running: set[str] = set()
    for step in STEPS:
        if step["do"] == "start":
            assert step["by"] not in running
            running.add(step["by"])
        elif step["do"] != "pause":
            assert step["by"] in running, step
        if step["do"] == "stop":
            running.remove(step["by"])
    assert running == set(SCENARIO_READ.users) == EXPECTED_READ.pictures.keys()


def test_what_must_fail_is_expected_to_fail_and_nothing_else() -> None:
    expected = [result.get("failed") for result in EXPECTED_READ.results]
    assert expected == [step.get("fails") for step in STEPS]


def test_nothing_is_wrong_with_what_is_expected() -> None:
    assert not EXPECTED_READ.errors
    assert not any(each.duplicates or each.gaps for each in EXPECTED_READ.streams.values())


def test_the_scenario_has_every_deed_and_the_page_describes_each() -> None:
    deeds = {kind.__struct_config__.tag for kind in get_args(model.AnyStep)}
    assert {step["do"] for step in STEPS} == deeds
    page = (FOLDER / "README.md").read_text()
    table = page[page.index("| `start` |") :]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == deeds
