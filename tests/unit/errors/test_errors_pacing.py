"""Callers who are sent away together are asked back one after the other."""

import random

import pytest

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import RetryPacing, reasons
from chat3_user.errors.pacing import LONGEST, RETURNS_PER_SECOND


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pacing(clock: Clock) -> RetryPacing:
    return RetryPacing(clock, random.Random(7).uniform)


def delay(pacing: RetryPacing, retry_after: float = 0.5) -> float:
    paced = pacing.paced(reasons.shutting_down(retry_after)).retry_after
    assert paced is not None
    return paced


def test_a_lone_caller_waits_hardly_longer_than_it_is_asked_to(pacing: RetryPacing) -> None:
    assert delay(pacing) == pytest.approx(0.5, abs=0.01)


def test_streams_that_end_together_come_back_at_an_even_rate(pacing: RetryPacing) -> None:
    delays = [delay(pacing) for _ in range(10_000)]
    for second in range(1, 20):
        back = sum(second - 0.5 < each - 0.5 <= second + 0.5 for each in delays)
        assert back == pytest.approx(RETURNS_PER_SECOND, abs=1)
    assert max(delays) == pytest.approx(0.5 + 10_000 / RETURNS_PER_SECOND)


def test_turns_that_have_passed_are_free_again(pacing: RetryPacing, clock: Clock) -> None:
    for _ in range(5000):
        delay(pacing)
    clock.now += 5000 / RETURNS_PER_SECOND
    assert delay(pacing) == pytest.approx(0.5, abs=0.01)


def test_nobody_waits_longer_than_the_longest_and_not_all_wait_that_long(
    pacing: RetryPacing,
) -> None:
    delays = [delay(pacing) for _ in range(40_000)]
    assert max(delays) <= 0.5 + LONGEST
    late = delays[round(LONGEST * RETURNS_PER_SECOND) :]
    assert len({round(each) for each in late}) > 10


def test_what_strangers_provoke_does_not_delay_those_whose_worker_stops(
    pacing: RetryPacing,
) -> None:
    for _ in range(10_000):
        pacing.paced(reasons.overloaded(0.5))
    assert delay(pacing) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize(
    "error",
    [
        reasons.rate_limited("user", "write", "5/minute", 12.0),
        reasons.stream_max_age(0.7),
        reasons.idempotency_outcome_unknown(0.4),
        reasons.user_not_found("bob"),
    ],
)
def test_what_is_about_one_caller_keeps_its_delay(
    pacing: RetryPacing, error: reasons.CallError
) -> None:
    for _ in range(1000):
        assert pacing.paced(error) is error


def test_a_paced_failure_keeps_its_details(pacing: RetryPacing) -> None:
    failure = reasons.shutting_down(0.5)
    failure.metadata = {"resume_token": "AQAA"}
    paced = pacing.paced(failure)
    assert paced.reason is ErrorReason.SHUTTING_DOWN
    assert paced.message == failure.message
    assert paced.metadata == {"resume_token": "AQAA"}
