"""Resume tokens come back as they were, and nothing that was touched is taken."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.updates.broker import LogPosition
from chat3_user.updates.log.tokens import (
    ID_BYTES,
    IDS_MAX,
    ForeignTokenError,
    Missed,
    Token,
    TokenError,
    decode_token,
    digest_of,
    scope_of,
)

SCOPE = scope_of("tnt_one", "alice")
NOW = 1_795_424_735_959

digests = st.binary(min_size=ID_BYTES, max_size=ID_BYTES)
positions = st.none() | st.builds(LogPosition, st.integers(0, 2**62), st.integers(0, 2**32 - 1))


@st.composite
def known(draw: st.DrawFn) -> dict[str, Any]:
    """What a token says of single updates."""
    ids = draw(st.lists(digests, max_size=IDS_MAX))
    complete = draw(st.booleans())
    passed = draw(st.integers(0, len(ids))) if complete else 0
    return {"ids": ids, "complete": complete, "passed": passed}


def a_made_token(known: dict[str, Any], **place: Any) -> Token:
    return Token(**known, **place)


tokens = st.builds(
    a_made_token,
    known(),
    scope=st.just(SCOPE),
    feed=st.binary(min_size=4, max_size=4),
    sequence=st.integers(0, 2**63),
    time_ms=st.integers(0, NOW),
    position=positions,
)


@given(tokens)
def test_a_token_comes_back_as_it_was(token: Token) -> None:
    text = token.encode()
    assert decode_token(text, SCOPE, NOW) == token
    assert len(text) <= 200
    assert text.isascii()
    assert not set(text) & set("+/= ")


@given(tokens, st.data())
def test_a_token_with_any_bit_changed_is_refused(token: Token, data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(token.encode() + "=="))
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << place % 8
    with pytest.raises(TokenError):
        decode_token(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), SCOPE, NOW)


@given(tokens, st.data())
def test_a_token_that_was_cut_or_grown_is_refused(token: Token, data: st.DataObject) -> None:
    text = token.encode()
    cut = data.draw(st.integers(0, len(text) - 1))
    for touched in (text[:cut], text + "A", text + text, text[1:]):
        with pytest.raises(TokenError):
            decode_token(touched, SCOPE, NOW)


@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(TokenError):
        decode_token(text, SCOPE, NOW)


@given(tokens, st.text(), st.text())
def test_a_sound_token_of_somebody_else_is_foreign(token: Token, tenant: str, user: str) -> None:
    with pytest.raises(ForeignTokenError):
        decode_token(token.encode(), scope_of(tenant, user), NOW)


def a_token(time_ms: int) -> str:
    return Token(SCOPE, b"work", 0, time_ms, None, (), complete=True).encode()


def test_clocks_may_differ_by_five_minutes_and_no_more() -> None:
    assert decode_token(a_token(NOW + 300_000), SCOPE, NOW)
    with pytest.raises(TokenError, match="future"):
        decode_token(a_token(NOW + 300_001), SCOPE, NOW)


def test_tenant_and_user_are_told_apart_in_a_scope() -> None:
    assert scope_of("a", "bc") != scope_of("ab", "c")


A, B, C, D, E = (digest_of(letter) for letter in "ABCDE")


def a_token_with(ids: list[bytes], *, complete: bool = True, passed: int = 0) -> Token:
    return Token(SCOPE, b"work", 5, 1, LogPosition(1, 1), ids, complete=complete, passed=passed)


def moved(token: Token, *digests: bytes) -> tuple[list[bytes], Token]:
    """Judge updates behind a token; return those admitted, and the token behind them."""
    missed = Missed.since(token)
    admitted = []
    for digest in digests:
        if missed.admits(digest):
            missed.had(digest)
            admitted.append(digest)
    text = missed.token_within(token, LogPosition(2, 2)).encode()
    return admitted, decode_token(text, SCOPE, NOW)


def test_a_token_in_the_log_keeps_what_is_ahead_and_what_was_delivered_last() -> None:
    token = a_token_with([A, B])
    admitted, token = moved(token, C, B)
    assert (admitted, token.ids, token.passed) == ([C], [C, B, A], 2)
    admitted, token = moved(token, B, A, C, D)
    assert (admitted, token.ids, token.passed) == ([D], [C, B, A, D], 4)


def test_what_is_ahead_leaves_its_place_to_nobody() -> None:
    """An update that came live, and stands in the log behind many that did not."""
    token = a_token_with([A, B])
    many = [digest_of(str(number)) for number in range(40)]
    for digest in many:
        admitted, token = moved(token, digest)
        assert admitted == [digest]
    assert list(token.ids) == [*many[-14:], A, B]
    assert moved(token, many[-1], B, A)[0] == []


def test_a_token_that_has_not_found_its_place_goes_on_looking_for_it() -> None:
    token = a_token_with([A, B, C, D], complete=False)
    admitted, token = moved(token, E, A)
    assert (admitted, token.ids, token.complete) == ([], [A, B, C, D], False)
    admitted, token = moved(token, E, C, E)
    assert (admitted, token.complete) == ([E], True)
    assert moved(token, D, C, E)[0] == []


def test_at_the_end_of_the_log_nothing_is_ahead() -> None:
    token = a_token_with([A, B])
    missed = Missed.since(token)
    assert not missed.admits(B)
    end = missed.token_at_end(token, LogPosition(9, 9), 8)
    assert (end.position, end.time_ms, end.ids, end.passed) == (LogPosition(9, 9), 8, [A, B], 2)
    lost = a_token_with([A, B], complete=False)
    end = Missed.since(lost).token_at_end(lost, LogPosition(9, 9), 8)
    assert (end.ids, end.complete) == ([], True)


def test_a_token_with_more_passed_than_it_has_is_refused() -> None:
    with pytest.raises(TokenError, match="damaged"):
        decode_token(a_token_with([A], passed=2).encode(), SCOPE, NOW)


def test_what_was_had_is_not_admitted() -> None:
    missed = Missed([A, B], complete=True)
    assert [missed.admits(item) for item in (A, C, B, D)] == [False, True, False, True]
    assert not missed.lost_track


def test_with_incomplete_ids_all_before_the_newest_known_was_had() -> None:
    missed = Missed([A, B, C, D], complete=False)
    # E is not known, but comes before one that is: it was had.
    assert [missed.admits(item) for item in (E, A, C, E, D)] == [False, False, False, True, False]
    assert not missed.lost_track


def test_a_place_that_never_shows_is_lost_track_of() -> None:
    missed = Missed([A, B], complete=False)
    assert not missed.admits(E)
    assert missed.lost_track


def test_what_was_delivered_meanwhile_is_not_fresh() -> None:
    missed = Missed([A], complete=True)
    assert missed.is_fresh(B)
    missed.had(B)
    assert not missed.is_fresh(B)
    assert not missed.admits(B)
