"""Tokens of our own: whatever is not exactly what this service wrote proves nobody."""

import asyncio
import json
import secrets
import string
import zlib
from base64 import urlsafe_b64encode
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe

from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_user.errors import CallError
from chat3_user.tokens import UserTokens
from chat3_user.tokens.bearer import LEEWAY, LONGEST
from chat3_user.tokens.keyring import made_up, token_keys
from chat3_user.tokens.sealed import SealedTokens
from chat3_user.validation import Identity
from support.tokens import segment

NOW: Final = 1_795_600_000.0
KEYS: Final = made_up()
ALICE: Final = Identity("the-api-key", "tnt_one", "alice")
HEAD: Final = {"alg": "dir", "enc": "A256GCM", "typ": "chat3-user+jwe"}
KEY_ID: Final = token_keys(KEYS)[0].id
REFUSALS: Final = {Reason.TOKEN_INVALID, Reason.TOKEN_KEY_UNKNOWN}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def sealed(clock: Clock, keys: str = KEYS) -> SealedTokens:
    return SealedTokens(token_keys(keys), clock)


def created(seconds: int = 60, keys: str = KEYS) -> str:
    return sealed(Clock(), keys).create(ALICE, seconds)[0]


def with_head(head: Any, plaintext: bytes = b"{}") -> str:
    """Return a token that our own key seals under another head."""
    allowed = [str(head.get("alg")), str(head.get("enc")), "DEF"]
    registry = jwe.JWERegistry(algorithms=allowed, verify_all_recipients=False)
    registry.strict_check_header = False
    return jwe.encrypt_compact(head, plaintext, token_keys(KEYS)[0].key, registry=registry)


def refused(token: str, clock: Clock | None = None, keys: str = KEYS) -> Reason:
    with pytest.raises(CallError) as caught:
        asyncio.run(UserTokens(sealed(clock or Clock(), keys), None, clock or Clock()).read(token))
    assert len(token) < 20 or token not in str(caught.value)
    return caught.value.reason


def test_a_token_proves_the_user_it_was_created_for(clock: Clock) -> None:
    token, expires_at = sealed(clock).create(ALICE, 60)
    proved = sealed(clock).read(token)
    assert proved.identity == ALICE
    assert proved.identity.user_proved
    assert proved.expires_at == expires_at == NOW + 60


def test_the_longest_identity_fits(clock: Clock) -> None:
    longest = Identity("\\" * 512, "t" * 20, "\x7f" * 100)
    token, _ = sealed(clock).create(longest, 60)
    assert len(token) <= 2048
    assert sealed(clock).read(token).identity == longest


def test_nothing_of_a_token_can_be_read_or_printed(clock: Clock) -> None:
    token = created()
    assert ALICE.api_key not in token
    proved = sealed(clock).read(token)
    shown = repr((token_keys(KEYS), sealed(clock), proved, UserTokens(sealed(clock))))
    assert ALICE.api_key not in shown
    assert KEYS.partition(":")[2] not in shown


def test_a_token_with_any_character_changed_is_refused() -> None:
    token = created()
    alphabet = string.ascii_letters + string.digits + "-_."
    for place, now in enumerate(token):
        for other in {"A", secrets.choice(alphabet.replace(now, ""))} - {now}:
            assert refused(token[:place] + other + token[place + 1 :]) in REFUSALS, place


def test_the_spare_bits_of_base64_give_a_token_no_other_spelling() -> None:
    token = created()
    last = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    for bit in (1, 2, 4, 8):
        twin = token[:-1] + last[last.index(token[-1]) ^ bit]
        assert refused(twin) is Reason.TOKEN_INVALID


def test_a_token_that_was_cut_or_grown_is_refused() -> None:
    token = created()
    for length in range(len(token)):
        assert refused(token[:length]) in REFUSALS
    for more in (".", "A", " ", "\n", ".A", "=", "\x00", "é"):
        assert refused(token + more) is Reason.TOKEN_INVALID
        assert refused(more + token) is Reason.TOKEN_INVALID


HOSTILE_HEADS: Final = {
    "none": {**HEAD, "alg": "none"},
    "signed": {"alg": "HS256", "typ": "JWT"},
    "wrapped": {**HEAD, "alg": "A256KW"},
    "a password": {**HEAD, "alg": "PBES2-HS256+A128KW", "p2s": "AAAA", "p2c": 2_000_000_000},
    "another cipher": {**HEAD, "enc": "A128CBC-HS256"},
    "zip": {**HEAD, "zip": "DEF", "kid": KEY_ID},
    "crit": {**HEAD, "kid": KEY_ID, "crit": ["exp"]},
    "jku": {**HEAD, "kid": KEY_ID, "jku": "https://evil.example.com/keys"},
    "x5u": {**HEAD, "kid": KEY_ID, "x5u": "https://evil.example.com/chain"},
    "jwk": {**HEAD, "kid": KEY_ID, "jwk": {"kty": "oct", "k": "AAAA"}},
    "another type": {**HEAD, "typ": "JWT", "kid": KEY_ID},
    "an id that is a number": {**HEAD, "kid": 1},
    "an id that is an object": {**HEAD, "kid": {"$ne": None}},
    "no id": HEAD,
    "a list": [HEAD],
    "text": "dir",
    "nothing": None,
}


@pytest.mark.parametrize("head", HOSTILE_HEADS.values(), ids=HOSTILE_HEADS.keys())
def test_a_head_that_this_service_does_not_write_is_refused_before_any_cryptography(
    head: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jwe, "decrypt_compact", _never)
    rest = created().partition(".")[2]
    assert refused(f"{segment(head)}.{rest}") is Reason.TOKEN_INVALID


@pytest.mark.parametrize("id_", ["../../dev/null", "' OR 1=1 --", "\x00", "k" * 60, "", "demo-x"])
def test_an_id_of_a_key_is_looked_up_and_nothing_else(id_: str) -> None:
    rest = created().partition(".")[2]
    assert refused(f"{segment({**HEAD, 'kid': id_})}.{rest}") is Reason.TOKEN_KEY_UNKNOWN


def test_a_head_nested_without_end_is_refused() -> None:
    nested = urlsafe_b64encode(b"[" * 140).decode().rstrip("=")
    assert refused(f"{nested}.{created().partition('.')[2]}") is Reason.TOKEN_INVALID


def test_a_token_that_inflates_is_not_inflated(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = with_head({**HEAD, "zip": "DEF", "kid": KEY_ID}, b"0" * 1_000_000)
    assert len(bomb) < LONGEST, "the bomb would be refused for its size"
    monkeypatch.setattr(zlib, "decompressobj", _never)
    assert refused(bomb) is Reason.TOKEN_INVALID


def test_a_genuine_token_whose_claims_are_none_of_ours_is_refused() -> None:
    for plaintext in (b"", b"{}", b"[]", b"nul", json.dumps({"sub": "alice"}).encode()):
        assert refused(with_head({**HEAD, "kid": KEY_ID}, plaintext)) is Reason.TOKEN_INVALID


def test_an_oversized_token_is_refused_before_it_is_looked_at() -> None:
    class Untouched:
        def read(self, _: str) -> None:
            raise AssertionError

    tokens = UserTokens(Untouched())  # type: ignore[arg-type]
    for token in ("A" * (LONGEST + 1), "é", "\ud800"):
        with pytest.raises(CallError) as caught:
            asyncio.run(tokens.read(token))
        assert caught.value.reason is Reason.TOKEN_INVALID
    with pytest.raises(AssertionError):
        asyncio.run(tokens.read("A" * LONGEST))


def test_a_token_counts_until_the_second_in_which_it_expires(clock: Clock) -> None:
    token = created(60)
    clock.now = NOW + 59.99
    assert sealed(clock).read(token)
    clock.now = NOW + 60
    assert refused(token, clock) is Reason.TOKEN_EXPIRED


def test_a_token_of_a_clock_that_is_ahead_counts_within_the_leeway(clock: Clock) -> None:
    token = created()
    clock.now = NOW - LEEWAY
    assert sealed(clock).read(token)
    clock.now = NOW - LEEWAY - 1
    assert refused(token, clock) is Reason.TOKEN_NOT_YET_VALID


def test_keys_are_rotated_without_ending_tokens(clock: Clock) -> None:
    old, new = made_up(), made_up()
    before = created(keys=old)
    for keys in (f"{old},{new}", f"{new} {old}"):
        assert sealed(clock, keys).read(before)
    after = created(keys=f"{new},{old}")
    assert sealed(clock, f"{old},{new}").read(after), "a service that has the key last reads it too"
    assert refused(before, keys=new) is Reason.TOKEN_KEY_UNKNOWN


def test_a_key_under_the_id_of_another_opens_nothing() -> None:
    another = f"{KEY_ID}:{made_up().partition(':')[2]}"
    assert refused(created(), keys=another) is Reason.TOKEN_INVALID


def test_a_service_without_keys_says_so(clock: Clock) -> None:
    tokens = UserTokens()
    with pytest.raises(CallError) as caught:
        tokens.create(ALICE, 60)
    assert caught.value.reason is Reason.TOKENS_NOT_CONFIGURED
    with pytest.raises(CallError) as caught:
        asyncio.run(tokens.read(created()))
    assert caught.value.reason is Reason.TOKENS_NOT_CONFIGURED


async def test_a_token_is_opened_once_and_remembered_until_it_expires(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, token = UserTokens(sealed(clock), None, clock), created()
    first = await tokens.read(token)
    with monkeypatch.context() as patched:
        patched.setattr(jwe, "decrypt_compact", _never)
        assert await tokens.read(token) is first
    clock.now = NOW + 60
    with pytest.raises(CallError) as caught:
        await tokens.read(token)
    assert caught.value.reason is Reason.TOKEN_EXPIRED


async def test_what_is_remembered_is_bounded_and_holds_no_token(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat3_user.tokens.user_tokens._REMEMBERED", 3)
    tokens = UserTokens(sealed(clock), None, clock)
    for _ in range(10):
        token = created()
        await tokens.read(token)
        assert token not in repr(vars(tokens))
    assert len(tokens._proved) == 3


@given(st.text() | st.text(alphabet=string.ascii_letters + "-_.", max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    assert refused(text) in REFUSALS


@given(
    st.lists(
        st.tuples(
            st.integers(0, 250), st.integers(0, 40), st.text("AZaz09-_.=\x00 é", max_size=40)
        ),
        min_size=1,
        max_size=4,
    )
)
def test_no_mutation_of_a_token_is_one(changes: list[tuple[int, int, str]]) -> None:
    token = mutated = created()
    for start, length, text in changes:
        mutated = mutated[:start] + text + mutated[start + length :]
    if mutated != token:
        assert refused(mutated) in REFUSALS


def _never(*_: object, **__: object) -> None:
    raise AssertionError("not to be called")
