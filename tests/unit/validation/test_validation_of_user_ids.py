"""A user id in a request is taken and refused as `x-user-id` takes and refuses it."""

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chat3_api.chat3.user.v1 import AddDialogMembersRequest
from chat3_user.errors import CallError
from chat3_user.validation import fields, parse_identity, validate
from chat3_user.validation.rules import Problem
from chat3_user.validation.user_ids import normal_user_id

RULES = {"user_ids": fields.SOME_USER_IDS}


def of_metadata(user_id: str) -> str | None:
    metadata = {"x-api-key": "k", "x-tenant-id": "t", "x-user-id": quote(user_id, safe="")}
    try:
        return parse_identity(metadata).user_id
    except CallError:
        return None


@given(st.text(max_size=120))
@example("Alice")
@example("ÉCOLE/1:@ b")
@example("İ" * 60)
@example("👋" * 50)
@example("👋" * 50 + "x")
@example("ж" * 101)
@example("a.b")
@example("*")
@example("a#")
@example("a\x85")
@example(" alice")
@example("alice\ufeff")
@example("constructor")
@example("")
def test_requests_and_metadata_know_the_same_user_ids(text: str) -> None:
    assert normal_user_id(text) == of_metadata(text)


def problems(*user_ids: str) -> list[tuple[str, str]]:
    try:
        validate(AddDialogMembersRequest(user_ids=list(user_ids)), RULES)
    except CallError as refused:
        return [(violation.field, violation.description) for violation in refused.violations]
    return []


def test_every_id_of_a_list_that_is_none_is_named() -> None:
    assert problems("bob", "a.b", "Carol", "") == [
        ("user_ids[1]", "a user id as `x-user-id` takes it"),
        ("user_ids[3]", "a user id as `x-user-id` takes it"),
    ]


@pytest.mark.parametrize(
    ("count", "rule"), [(0, "required"), (1, ""), (100, ""), (101, "at most 100 items")]
)
def test_a_list_of_ids_has_bounds(count: int, rule: str) -> None:
    ids = [f"u{number}" for number in range(count)]
    assert problems(*ids) == ([("user_ids", rule)] if rule else [])


def test_an_id_of_twenty_thousand_characters_is_refused_without_being_lowered() -> None:
    assert fields.USER.problems("İ" * 20_000, None) == (Problem("", fields.USER.words),)
