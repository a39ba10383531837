"""When a token ends, in words: how long that is, and what cannot be said."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chat3_cli.token_end import SOON, end_of_signed, in_words, is_soon

NOW = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)


def signed(claims: Any) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"head.{body}.signature"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "in 0 s"),
        (119, "in 119 s"),
        (120, "in 2 min"),
        (7199, "in 119 min"),
        (7200, "in 2 h"),
        (172_800, "in 2 days"),
        (-125, "2 min ago"),
    ],
)
def test_it_says_how_long_that_is(seconds: int, words: str) -> None:
    assert in_words(NOW + timedelta(seconds=seconds), NOW).endswith(f", {words}")


def test_the_last_second_of_the_calendar_has_words_east_of_greenwich() -> None:
    assert in_words(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), NOW).startswith("9999-12-31")


def test_soon_is_within_some_minutes() -> None:
    assert is_soon(NOW + SOON - timedelta(seconds=1), NOW)
    assert not is_soon(NOW + SOON, NOW)


def test_a_signed_token_says_its_end() -> None:
    assert end_of_signed(signed({"exp": NOW.timestamp()})) == NOW


@pytest.mark.parametrize(
    "token",
    ["", "a.b", "a.!.b", "a.sealed.token.of.five", signed([]), signed({}), signed({"exp": 1e300})],
)
def test_of_others_the_end_is_unknown(token: str) -> None:
    assert end_of_signed(token) is None
