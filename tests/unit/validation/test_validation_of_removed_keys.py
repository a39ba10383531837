"""Keys to remove are keys that custom data can have, and none that the same request sets."""

import pytest

from chat3_api.chat3.user.v1 import UpdateDialogMetaRequest
from chat3_api.google.protobuf import Struct
from chat3_user.errors import CallError
from chat3_user.validation import fields, validate

RULES = {"meta": fields.META, "remove_keys": fields.REMOVE_KEYS}


def problems(meta: dict[str, object] | None, *remove_keys: str) -> list[tuple[str, str]]:
    request = UpdateDialogMetaRequest(
        meta=None if meta is None else Struct.from_dict(meta), remove_keys=list(remove_keys)
    )
    try:
        validate(request, RULES)
    except CallError as refused:
        return [(violation.field, violation.description) for violation in refused.violations]
    return []


@pytest.mark.parametrize("key", ["title", "A_9", "length", "x" * 100])
def test_a_key_that_meta_takes_can_be_removed(key: str) -> None:
    assert problems(None, key) == []
    assert problems({"other": 1}, key) == []


@pytest.mark.parametrize(
    "key", ["", "a.b", "a-b", "x" * 101, "chat3_key", "__proto__", "toString", "id", "createdAt"]
)
def test_a_key_that_meta_cannot_have_cannot_be_removed(key: str) -> None:
    assert problems(None, "fine", key) == [("remove_keys[1]", "a key that `meta` takes")]


def test_a_key_is_set_or_removed_and_not_both() -> None:
    assert problems({"a": 1, "b": 2}, "c", "b") == [("remove_keys[1]", "none that `meta` sets")]


def test_a_hundred_keys_can_be_removed_at_once() -> None:
    assert problems(None, *(f"k{number}" for number in range(100))) == []
    too_many = problems(None, *(f"k{number}" for number in range(101)))
    assert too_many == [("remove_keys", "at most 100 items")]
