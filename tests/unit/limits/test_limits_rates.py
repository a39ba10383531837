import dataclasses
import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.errors import CallError
from chat3_user.limits.rates import KINDS, MemoryRates, Rate, Rates
from chat3_user.limits.settings import RateSettings
from chat3_user.validation import Identity

ALICE = Identity("a-secret-key", "tnt_one", "alice")
BOB = Identity("a-secret-key", "tnt_one", "bob")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("text", ["600/minute", "1/second", "5000/hour"])
def test_a_rate_reads_back(text: str) -> None:
    assert str(Rate.parse(text)) == text


def test_no_text_is_no_rate() -> None:
    assert Rate.parse("") is None


@pytest.mark.parametrize("text", ["0/minute", "5", "5/day", "-1/hour", "a/minute", "5/minute "])
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a rate"):
        Rate.parse(text)


def test_every_kind_of_call_can_be_limited_by_user_and_by_key() -> None:
    limits = {f"{whose}_{kind}" for whose in ("user", "key") for kind in KINDS}
    assert limits == {field.name for field in dataclasses.fields(RateSettings)}


async def test_a_bucket_takes_its_amount_at_once_and_refills_steadily() -> None:
    clock = Clock()
    rates, rate = MemoryRates(clock), Rate(6, "minute")
    assert [(await rates.spend(rate, "u")).allowed for _ in range(7)] == [True] * 6 + [False]
    refused = await rates.spend(rate, "u")
    assert refused.reset == pytest.approx(10)
    clock.now += 10
    assert (await rates.spend(rate, "u")).allowed
    assert not (await rates.spend(rate, "u")).allowed


@given(
    st.integers(1, 50),
    st.sampled_from(["second", "minute", "hour"]),
    st.lists(st.floats(0, 100), max_size=200),
)
async def test_no_more_than_twice_the_amount_passes_in_a_period(
    amount: int, period: str, pauses: list[float]
) -> None:
    clock = Clock()
    rates, rate = MemoryRates(clock), Rate(amount, period)
    passed = []
    for pause in pauses:
        clock.now += pause
        if (await rates.spend(rate, "u")).allowed:
            passed.append(clock.now)
    for begin in passed:
        inside = [at for at in passed if begin <= at < begin + rate.seconds]
        assert len(inside) <= 2 * amount


async def test_who_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    rates, rate = MemoryRates(clock), Rate(7, "minute")
    for _ in range(100):
        spent = await rates.spend(rate, "u")
        if not spent.allowed:
            clock.now += spent.reset
            assert (await rates.spend(rate, "u")).allowed


async def test_buckets_are_forgotten_before_memory_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat3_user.limits.rates._BUCKETS", 100)
    clock = Clock()
    rates, rate = MemoryRates(clock), Rate(1, "minute")
    for number in range(1000):
        clock.now += 0.1
        assert (await rates.spend(rate, f"user {number}")).allowed
        assert len(rates._full_at) <= 100
    assert not (await rates.spend(rate, "user 999")).allowed


async def test_the_stricter_of_both_rates_is_told() -> None:
    rates = Rates(MemoryRates(), users={"read": Rate(10, "hour")}, keys={"read": Rate(3, "hour")})
    seen = Counter[str]()
    for caller in itertools.islice(itertools.cycle((ALICE, BOB)), 3):
        trailing: dict[str, str] = {}
        await rates.spend("read", caller, trailing)
        seen[trailing["ratelimit-limit"]] += 1
    assert seen == {"3": 3}
    with pytest.raises(CallError, match="API key made more read calls"):
        await rates.spend("read", ALICE, {})


async def test_a_user_over_its_rate_takes_nothing_from_its_key() -> None:
    rates = Rates(MemoryRates(), users={"read": Rate(1, "hour")}, keys={"read": Rate(2, "hour")})
    await rates.spend("read", ALICE, {})
    for _ in range(5):
        with pytest.raises(CallError):
            await rates.spend("read", ALICE, {})
    await rates.spend("read", BOB, {})


async def test_keys_in_the_store_are_digests() -> None:
    store = MemoryRates()
    rates = Rates(store, users={"read": Rate(1, "hour")}, keys={"read": Rate(2, "hour")})
    await rates.spend("read", ALICE, {})
    kept = " ".join(store._full_at)
    assert "secret" not in kept
    assert "alice" not in kept
