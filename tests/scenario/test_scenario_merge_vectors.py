"""The vectors of the merge rules are current, complete, and each of them can fail."""

from collections.abc import Iterator
from typing import Any

import pytest

import support.merging
from chat3_api.chat3.user import v1 as pb
from scenario.merge_cases import cases
from scenario.merge_vectors import VECTORS, document, vector
from support.merging import RULES, Picture, Read

_NOTHING_OF_ITS_OWN = {
    pb.DialogCreated,
    pb.DialogChanged,
    pb.TopicChanged,
    pb.Typing,
    pb.UserDeleted,
}
"""Kinds for which nothing is done besides what every update with a dialog asks for."""


def test_the_vectors_are_what_the_rules_make_of_the_cases() -> None:
    assert VECTORS.read_text() == document(), "run: python -m scenario.merge_vectors"


def test_every_kind_of_update_has_a_vector() -> None:
    kinds = {update["kind"] for case in cases() for update in case.updates}
    assert kinds == {f"UPDATE_KIND_{kind.name}" for kind in pb.UpdateKind}


def test_vectors_have_names_of_their_own() -> None:
    names = [case.name for case in cases()]
    assert len(set(names)) == len(names)


def outcomes() -> Iterator[tuple[Any, Any]]:
    made = map(vector, cases())
    return ((each["after"], each["readAgain"]) for each in made)


@pytest.fixture(scope="module")
def right() -> list[tuple[Any, Any]]:
    return list(outcomes())


def all_pass(right: list[tuple[Any, Any]]) -> bool:
    return all(made == wanted for made, wanted in zip(outcomes(), right, strict=True))


@pytest.mark.parametrize("kind", sorted(RULES, key=str))
def test_a_store_that_ignores_a_kind_fails_a_vector(
    kind: type, right: list[tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def ignored(_: Picture, __: Any) -> list[Read]:
        return []

    monkeypatch.setattr(support.merging, "RULES", {**RULES, kind: ignored})
    assert all_pass(right) == (kind in _NOTHING_OF_ITS_OWN)


def ignored(_: Any, __: Any) -> list[Read]:
    return []


def taken(_: Any, __: Any, *___: Any) -> None:
    return None


@pytest.mark.parametrize(
    ("rule", "instead"), [("_dialog", ignored), ("_unknown", lambda _: []), ("_take", taken)]
)
def test_a_store_without_a_rule_of_all_kinds_fails_a_vector(
    rule: str, instead: Any, right: list[tuple[Any, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(support.merging, rule, instead)
    assert not all_pass(right)
