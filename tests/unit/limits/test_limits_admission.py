import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.limits.admission import Admission, Prove
from chat3_user.limits.keys import KnownKeys
from chat3_user.limits.rates import MemoryRates, Rate, Rates
from chat3_user.limits.settings import PlaceSettings
from chat3_user.transport import Peer
from chat3_user.validation import Identity

ALICE = Identity("key-one", "tnt_one", "alice")
HERE = Peer("192.0.2.1", object())


def from_address(number: int) -> Peer:
    return Peer(f"192.0.2.{number}", object())


def caller(number: int) -> Identity:
    return Identity(f"key-{number}", "tnt_one", "alice")


def admitting(
    *,
    rates: Rates | None = None,
    keys: KnownKeys | None = None,
    prove: Prove | None = None,
    **places: int,
) -> Admission:
    no_rates = Rates(MemoryRates(), users={}, keys={})
    return Admission(PlaceSettings(**places), rates or no_rates, keys or KnownKeys(), prove)


@pytest.fixture
def held() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def test_a_place_is_given_back_however_a_call_ends() -> None:
    admission = admitting(calls=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), admission.call(ALICE, HERE):
            raise ZeroDivisionError
    with (
        admission.call(ALICE, HERE),
        pytest.raises(CallError, match="OVERLOADED"),
        admission.call(ALICE, HERE),
    ):
        pass
    assert admission.calls == 0


def test_a_user_who_was_proved_leaves_room_for_others_of_the_same_key(held: ExitStack) -> None:
    admission = admitting(calls=10)
    proved = replace(ALICE, user_proved=True)
    for number in range(4):
        held.enter_context(admission.call(proved, from_address(number)))
    with pytest.raises(CallError, match="OVERLOADED"), admission.call(proved, from_address(9)):
        pass
    bob = replace(proved, user_id="bob")
    for number in range(4):
        held.enter_context(admission.call(bob, from_address(number)))
    # And the key has no more than its own share.
    carl = replace(proved, user_id="carl")
    with pytest.raises(CallError, match="OVERLOADED"), admission.call(carl, from_address(9)):
        pass
    held.close()
    assert admission.calls == 0
    with admission.call(proved, HERE):
        assert admission.calls == 1


def test_neither_an_address_nor_a_key_has_all_places(held: ExitStack) -> None:
    admission = admitting(calls=10)
    for number in range(8):
        held.enter_context(admission.call(caller(number), HERE))
    with pytest.raises(CallError, match="OVERLOADED"):
        held.enter_context(admission.call(caller(9), HERE))
    held.close()
    for number in range(8):
        held.enter_context(admission.call(ALICE, from_address(number)))
    with pytest.raises(CallError, match="OVERLOADED"):
        held.enter_context(admission.call(ALICE, from_address(99)))


def test_strangers_together_leave_room_for_who_was_proved(held: ExitStack) -> None:
    admission = admitting(calls=10)
    with admission.call(ALICE, HERE):
        pass
    for number in range(8):
        held.enter_context(admission.call(caller(number), from_address(number)))
    with pytest.raises(CallError, match="OVERLOADED"):
        held.enter_context(admission.call(caller(8), from_address(8)))
    held.enter_context(admission.call(ALICE, HERE))


def test_streams_are_counted_by_key_and_none_is_remembered() -> None:
    admission = admitting(streams_per_key=1)
    other = Identity("key-two", "tnt_one", "alice")
    with (
        admission.stream(ALICE, HERE),
        admission.stream(other, HERE),
        pytest.raises(CallError, match="TOO_MANY_STREAMS"),
        admission.stream(ALICE, HERE),
    ):
        pass
    with admission.stream(ALICE, HERE) as opening:
        assert admission._openings.taken == 1
        opening.proved()
        assert admission._openings.taken == 0
    assert not [count for count in admission._streams.values() if count]


def refuse(admission: Admission, key: str, peer: Peer) -> None:
    with admission.call(Identity(key, "tnt_one", "alice"), peer):
        raise reasons.api_key_invalid()


def test_an_address_that_brings_refused_keys_is_stopped_and_its_good_keys_are_not() -> None:
    admission = admitting(keys=KnownKeys(Rate(3, "minute")))
    with admission.call(ALICE, HERE):
        pass
    for number in range(3):
        with pytest.raises(CallError, match="API_KEY_INVALID"):
            refuse(admission, f"bogus-{number}", HERE)
    with pytest.raises(CallError, match="RATE_LIMITED"):
        refuse(admission, "bogus-4", HERE)
    with pytest.raises(CallError, match="API_KEY_INVALID"):
        refuse(admission, "bogus-4", from_address(2))
    with admission.call(ALICE, HERE):
        pass


def test_a_key_that_is_refused_is_no_longer_proved() -> None:
    keys = KnownKeys()
    keys.note_proved("one")
    keys.note_refused("one", "192.0.2.1")
    assert not keys.proved("one")


async def test_only_who_is_proved_spends_and_is_proved_once() -> None:
    asked: list[str] = []

    async def prove(identity: Identity) -> None:
        asked.append(identity.api_key)
        await asyncio.sleep(0)
        if identity.api_key == "bogus":
            raise reasons.api_key_invalid()
        if identity.api_key == "writer":
            raise reasons.permission_missing("read")

    rates = Rates(MemoryRates(), users={"read": Rate(2, "hour")}, keys={})
    admission = admitting(rates=rates, prove=prove)
    for _ in range(5):
        with pytest.raises(CallError) as caught:
            await admission.spend("read", Identity("bogus", "tnt_one", "alice"), {})
        assert caught.value.reason is ErrorReason.API_KEY_INVALID
    await admission.spend("read", ALICE, {})
    await admission.spend("read", Identity("writer", "tnt_one", "alice"), {})
    with pytest.raises(CallError, match="RATE_LIMITED"):
        await admission.spend("read", ALICE, {})
    assert asked == ["bogus"] * 5 + ["key-one", "writer"]
