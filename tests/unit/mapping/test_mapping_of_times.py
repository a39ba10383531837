"""Times of the platform: text and numbers of Unix milliseconds, to the nearest microsecond."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat3_user.times import to_datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# As long as a double of milliseconds resolves half a microsecond: years 1900 to 2100.
micros = st.integers(-2_208_988_800_000_000, 4_102_444_800_000_000)


def as_text(value: float) -> str:
    """Write a time as the platform does."""
    return f"{value:.6f}"


@given(micros)
def test_every_microsecond_survives_the_platforms_double(value: int) -> None:
    moment = EPOCH + value * MICROSECOND
    stored = value / 1000
    assert to_datetime(as_text(stored)) == moment
    assert to_datetime(stored) == moment


@given(st.floats(-2e12, 4e12))
def test_text_and_number_of_one_double_mean_one_time(value: float) -> None:
    assert to_datetime(value) == to_datetime(as_text(value))


@given(st.integers(-2_000_000_000_000, 4_000_000_000_000))
def test_whole_milliseconds_come_in_three_forms(value: int) -> None:
    moment = EPOCH + timedelta(milliseconds=value)
    assert to_datetime(value) == to_datetime(str(value)) == to_datetime(float(value)) == moment


@given(st.lists(st.floats(0, 4e12), min_size=2, max_size=2))
def test_order_is_kept(pair: list[float]) -> None:
    earlier, later = sorted(pair)
    assert to_datetime(as_text(earlier)) <= to_datetime(as_text(later))


@pytest.mark.parametrize(
    ("value", "microseconds"),
    [
        ("0", 0),
        ("0.0005", 1),
        ("0.000499", 0),
        ("0.9999999", 1000),
        ("-0.001", -1),
        ("-0", 0),
        ("-1.5", -1500),
        ("1795424735959.186035", 1795424735959186),
        ("1795424735000.000977", 1795424735000001),
        ("12.", 12_000),
        (-1.5, -1500),
        (0.0004, 0),
    ],
)
def test_known_times(value: str | float, microseconds: int) -> None:
    assert to_datetime(value) == EPOCH + microseconds * MICROSECOND


@pytest.mark.parametrize(
    "value",
    [
        *("", ".", "-", "--1", "+1", " 1", "1 ", "1_000", "1e5", "0x10", "1.-5", "1.2.3", "٣"),
        *("yesterday", "2026-11-23T09:05:35Z", "NaN", "inf", float("nan"), float("inf")),
    ],
)
def test_what_is_no_decimal_number_is_refused(value: str | float) -> None:
    with pytest.raises(ValueError, match=r"decimal|invalid literal"):
        to_datetime(value)


@pytest.mark.parametrize("value", ["9" * 30, 10**30, -(10**17), 1e300])
def test_times_beyond_the_calendar_overflow(value: str | float) -> None:
    with pytest.raises(OverflowError):
        to_datetime(value)
