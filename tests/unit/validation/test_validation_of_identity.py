"""Identity metadata is parsed as the contract says, and all its faults are told at once."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors._failures import CallError
from chat3_user.validation import Identity, parse_identity, parse_request_id

GOOD = {"x-api-key": "key-1", "x-tenant-id": "tnt_demo", "x-user-id": "alice"}


def refused(metadata: Any) -> CallError:
    with pytest.raises(CallError) as caught:
        parse_identity(metadata)
    return caught.value


def refused_fields(**changes: str) -> list[str]:
    metadata = GOOD | {key.replace("_", "-"): value for key, value in changes.items()}
    error = refused(metadata)
    assert error.reason is ErrorReason.INVALID_METADATA
    return [violation.field for violation in error.violations]


def user_id(value: str) -> str:
    return parse_identity(GOOD | {"x-user-id": value}).user_id


def test_identity_is_trimmed_and_lowered() -> None:
    metadata = {"x-api-key": " K ", "x-tenant-id": " TNT_Demo\t", "x-user-id": " Alice "}
    assert parse_identity(metadata) == Identity("K", "tnt_demo", "alice")


def test_the_key_never_shows() -> None:
    identity = parse_identity(GOOD | {"x-api-key": "secret"})
    assert "secret" not in repr(identity)
    error = refused(GOOD | {"x-api-key": "se cret"})
    assert "cret" not in repr(error) + str(error)


@pytest.mark.parametrize("key", [None, "", "  "])
def test_a_missing_key_is_told_before_anything_else(key: str | None) -> None:
    metadata = {"x-user-id": "."} | ({} if key is None else {"x-api-key": key})
    assert refused(metadata).reason is ErrorReason.API_KEY_MISSING


def test_all_faults_are_told_at_once() -> None:
    error = refused({"x-api-key": "a b", "x-user-id": "%", "x-request-id": "é"})
    assert [violation.field for violation in error.violations] == [
        "metadata.x-api-key",
        "metadata.x-tenant-id",
        "metadata.x-user-id",
        "metadata.x-request-id",
    ]
    assert error.metadata == {"key": "x-api-key"}


@pytest.mark.parametrize("tenant", ["", "a" * 21, "a.b", "a/b", "тнт", "\u212a"])
def test_tenants_have_an_alphabet(tenant: str) -> None:
    assert refused_fields(x_tenant_id=tenant) == ["metadata.x-tenant-id"]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        ("a%20b%2F%D1%86%401%3A2", "a b/ц@1:2"),
        ("%D0%A6", "ц"),
        ("100%25", "100%"),
        ("a+b", "a+b"),
        ("%F0%9F%91%8B", "👋"),
        ("x" * 100, "x" * 100),
        ("A" * 100, "a" * 100),
    ],
)
def test_user_ids_are_percent_encoded_utf8(sent: str, meant: str) -> None:
    assert user_id(sent) == meant


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "%20",
        "%",
        "%2",
        "%zz",
        "%FF",
        "%ED%A0%80",  # a lone surrogate
        "%C0%AE",  # an overlong dot
        "ц",  # not encoded
        "a\x01",
        "a%00b",
        *("alice%0A", "alice%09", "%C2%A0alice", "%20alice", "alice%E2%80%A8", "%EF%BB%BFalice"),
        "%C2%85x",
        ".",
        "..",
        "a.b",
        "a%2Eb",
        "a*",
        "a%23",
        "x" * 101,
        "%F0%9F%91%8B" * 51,  # 102 UTF-16 units
        "%E3%81%82" * 67,  # 201 bytes
    ],
)
def test_user_ids_that_cannot_be_addressed_are_refused(sent: str) -> None:
    assert refused_fields(x_user_id=sent) == ["metadata.x-user-id"]


def test_repeated_keys_are_refused() -> None:
    metadata = MultiDict(GOOD)
    assert parse_identity(metadata).user_id == "alice"
    metadata.add("x-user-id", "bob")
    (violation,) = refused(metadata).violations
    assert (violation.field, violation.description) == ("metadata.x-user-id", "sent once")


def test_request_ids_are_taken_when_they_can_be_used() -> None:
    assert parse_request_id({"x-request-id": " r-1 "}) == "r-1"
    assert parse_request_id({}) is None
    assert parse_request_id({"x-request-id": "a b"}) is None
    assert parse_identity(GOOD | {"x-request-id": "r" * 128}) == parse_identity(GOOD)
    assert refused_fields(x_request_id="r" * 129) == ["metadata.x-request-id"]
    assert refused_fields(x_request_id="") == ["metadata.x-request-id"]


@given(st.text(max_size=110).map(lambda text: quote(text, safe="")) | st.text(max_size=120))
def test_accepted_user_ids_always_fit_one_word_of_a_binding(sent: str) -> None:
    try:
        accepted = user_id(sent)
    except CallError:
        assert refused_fields(x_user_id=sent) == ["metadata.x-user-id"]
        return
    binding = f"update.*.*.{accepted}.*"
    assert len(binding.split(".")) == 5
    assert len(binding.encode()) <= 255
    assert not set(accepted) & set(".*#\0\x7f\x85")
    assert accepted == user_id(quote(accepted, safe=""))
