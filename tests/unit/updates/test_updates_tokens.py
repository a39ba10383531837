"""Resume tokens come back as they were, and nothing that was touched is taken."""

import base64

import pytest
from hypothesis import given, settings
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
tokens = st.builds(
    Token,
    scope=st.just(SCOPE),
    worker=st.binary(min_size=4, max_size=4),
    sequence=st.integers(0, 2**63),
    time_ms=st.integers(0, NOW),
    position=positions,
    ids=st.lists(digests, max_size=IDS_MAX),
    complete=st.booleans(),
)


@settings(deadline=None)
@given(tokens)
def test_a_token_comes_back_as_it_was(token: Token) -> None:
    text = token.encode()
    assert decode_token(text, SCOPE, NOW) == token
    assert len(text) <= 200
    assert text.isascii()
    assert not set(text) & set("+/= ")


@settings(deadline=None)
@given(tokens, st.data())
def test_a_token_with_any_bit_changed_is_refused(token: Token, data: st.DataObject) -> None:
    raw = bytearray(base64.urlsafe_b64decode(token.encode() + "=="))
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << place % 8
    with pytest.raises(TokenError):
        decode_token(base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), SCOPE, NOW)


@settings(deadline=None)
@given(tokens, st.data())
def test_a_token_that_was_cut_or_grown_is_refused(token: Token, data: st.DataObject) -> None:
    text = token.encode()
    cut = data.draw(st.integers(0, len(text) - 1))
    for touched in (text[:cut], text + "A", text + text, text[1:]):
        with pytest.raises(TokenError):
            decode_token(touched, SCOPE, NOW)


@settings(deadline=None)
@given(st.text(max_size=300))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(TokenError):
        decode_token(text, SCOPE, NOW)


@settings(deadline=None)
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
