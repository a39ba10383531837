"""The reference pages say what the code says, and their filters are read as they promise."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chat3_user.validation import (
    parse_dialog_filter,
    parse_message_filter,
    parse_tenant_message_filter,
)
from chat3_user.validation.filters import FilterError

LISTS: dict[str, Callable[[str], str]] = {
    "dialogs of a user": parse_dialog_filter,
    "messages of a dialog": parse_message_filter,
    "messages of a tenant": parse_tenant_message_filter,
}


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


def examples(project: Path) -> list[tuple[str, str, str]]:
    section = (project / "docs" / "filters.md").read_text().split("\n## Examples\n")[1]
    rows = re.findall(r"^\| `(.+?)` \| (.+?) \| (.+?) \|$", section.split("\n## ")[0], re.MULTILINE)
    return [(text.replace("\\|", "|"), name, meaning) for text, name, meaning in rows]


def test_every_example_of_a_filter_is_read(project: Path) -> None:
    found = examples(project)
    assert {name for _, name, _ in found} == {*LISTS, "none"}
    for text, name, _ in found:
        if name != "none":
            assert LISTS[name](text), text


def test_the_example_that_is_refused_is_refused_for_what_it_says(project: Path) -> None:
    (refused,) = [text for text, name, _ in examples(project) if name == "none"]
    with pytest.raises(FilterError, match="stands twice in one and"):
        parse_message_filter(refused)


def test_the_tables_of_filters_are_what_the_code_says(project: Path) -> None:
    from filter_tables import written

    page = (project / "docs" / "filters.md").read_text()
    assert page == written(page), "run: make generate"


def test_every_list_that_takes_a_filter_is_on_the_page(project: Path) -> None:
    from docs_site.contract import read

    page = (project / "docs" / "filters.md").read_text()
    contract = read(project)
    for package in contract.packages:
        for service in package.services:
            for rpc in service.rpcs:
                request = contract.message(rpc.request)
                if request and any(field.name == "filter" for field in request.fields):
                    assert f"`{service.name}.{rpc.name}`" in page


def test_the_table_of_limits_is_what_the_contract_says(project: Path) -> None:
    from docs_site.contract import read
    from limits_table import written

    page = (project / "docs" / "limits.md").read_text()
    assert page == written(page, read(project)), "run: make generate"
