"""Sizing starts from figures that stand where their entries say they do."""

import json
from pathlib import Path
from typing import Any

import pytest
from sizing.constants import NAMES, constants, entries

ENTRIES = entries()
MEASURED = [name for name, entry in ENTRIES.items() if entry["kind"] == "measured"]


def test_every_number_has_an_entry_and_every_entry_a_number() -> None:
    assert set(ENTRIES) == NAMES
    assert constants().update_bytes == 1100


@pytest.mark.parametrize("name", MEASURED)
def test_a_measured_figure_stands_in_its_file(name: str, project: Path) -> None:
    entry = ENTRIES[name]
    text = (project / entry["file"]).read_text()
    if "quote" in entry:
        assert entry["quote"] in " ".join(text.split())
        return
    found: Any = json.loads(text)
    for step in entry["path"].split("/"):
        found = found[int(step)] if isinstance(found, list) else found[step]
    assert found == entry["value"]


@pytest.mark.parametrize("name", sorted(set(ENTRIES) - set(MEASURED)))
def test_what_is_not_measured_says_where_it_comes_from(name: str) -> None:
    entry = ENTRIES[name]
    assert entry["means"]
    assert entry["kind"] == "assumed" or entry["link"].startswith("https://")
