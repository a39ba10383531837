import pytest
from h2.exceptions import DenialOfServiceError
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, RstStreamFrame

from chat3_user.limits.frames import ConnectionLimits, FrameBudget

PING = PingFrame(0, opaque_data=b"12345678")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budget(clock: Clock) -> FrameBudget:
    return FrameBudget(ConnectionLimits(control_frames=1, rapid_resets=3), clock)


def test_twenty_seconds_worth_may_come_at_once(budget: FrameBudget, clock: Clock) -> None:
    for _ in range(20):
        budget.take(PING)
    with pytest.raises(DenialOfServiceError, match="PingFrame"):
        budget.take(PING)
    clock.now += 5
    budget.take(PING)


def test_a_call_and_what_is_sent_earn_frames(budget: FrameBudget) -> None:
    for stream in range(1, 200, 2):
        budget.take(HeadersFrame(stream))
        for _ in range(10):
            budget.take(PING)
    for _ in range(100):
        budget.sent(500)
        budget.take(PING)


def test_data_that_carries_a_message_is_free(budget: FrameBudget) -> None:
    for _ in range(1000):
        budget.take(DataFrame(1, b"x" * 64))
        budget.take(DataFrame(1, b"", flags=["END_STREAM"]))


def test_streams_reset_in_their_first_second_are_few(budget: FrameBudget) -> None:
    for stream in (1, 3, 5):
        budget.take(HeadersFrame(stream))
        budget.take(RstStreamFrame(stream))
    budget.take(HeadersFrame(7))
    with pytest.raises(DenialOfServiceError, match="cancelled"):
        budget.take(RstStreamFrame(7))


def test_a_stream_that_lived_for_a_second_may_be_reset(budget: FrameBudget, clock: Clock) -> None:
    for stream in range(1, 100, 2):
        budget.take(HeadersFrame(stream))
        clock.now += 1.1
        budget.take(RstStreamFrame(stream))
    assert len(budget._young) <= 2
