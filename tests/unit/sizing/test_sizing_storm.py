"""The simulated reconnect storm does what simple arithmetic says, and hints keep it level."""

import random

import pytest
from sizing.constants import constants
from sizing.scenarios import SCENARIOS, played, rules_of, scenario_table
from sizing.storm import Course, Place, Rules, between, full_jitter, no_jitter, play, told

GIVEN = constants()
AT_ONCE = between(0.0, 0.0)


def place(**changes: float) -> Place:
    usual: dict[str, float] = {
        "lost": 2,
        "workers": 2,
        "openings_per_worker": 1000.0,
        "connection_us": 100.0,
        "call_us": 10.0,
        "openings_of_platform": 1e9,
    }
    return Place(**{**usual, **changes})  # type: ignore[arg-type]


def rules(**changes: object) -> Rules:
    usual = {"first": told(AT_ONCE), "again": full_jitter(), "refused": full_jitter()}
    return Rules(**{**usual, **changes})  # type: ignore[arg-type]


def test_a_storm_on_workers_alone_lasts_as_long_as_their_cores_need() -> None:
    # 10,000 clients, 1,000 a second on each of two workers: 5 s, and what chance makes uneven.
    course = play(10_000, place(), rules())
    assert course.back_after(1.0) in (5, 6)
    assert course.busiest[0] == pytest.approx(1.0, abs=0.01)
    assert course.full_seconds in (4, 5)


def test_a_storm_on_a_slow_platform_lasts_as_long_as_that_needs() -> None:
    course = play(10_000, place(openings_of_platform=500.0), rules(patience=60.0))
    assert course.back_after(1.0) in (20, 21)
    # The cores connect for half a second before they open anything.
    assert course.waiting[0] == pytest.approx(9750, abs=10)
    assert course.given_up == 0
    # 5,000 connections are taken in the first second, and 250 opened: the cores are idle after.
    assert course.busiest[-1] < 0.3


def test_connections_that_come_at_once_make_everything_late() -> None:
    course = play(20_000, place(connection_us=200.0), rules())
    assert course.longest_lag == pytest.approx(2.0, rel=0.1)


def test_impatient_clients_come_again_and_all_are_served_in_the_end() -> None:
    course = play(4000, place(openings_of_platform=200.0), rules(patience=5.0))
    assert course.given_up > 0
    assert sum(course.opened) == 4000
    assert sum(course.attempts) == 4000 + course.given_up + course.refusals


def test_a_worker_that_admits_few_refuses_the_rest() -> None:
    course = play(1000, place(openings_of_platform=100.0), rules(admitted=10))
    assert course.refusals > 900
    assert max(course.waiting) <= 20
    assert sum(course.opened) == 1000


def test_while_it_is_closed_a_worker_refuses_everybody() -> None:
    course = play(500, place(), rules(closed_until=3.0, refused=told(between(1.0, 1.0))))
    assert sum(course.opened[:3]) == 0
    assert course.refusals >= 1000
    assert course.back_after(1.0) in (4, 5)


def test_the_same_seed_plays_the_same_storm() -> None:
    one, two = (play(500, place(), rules_of("jitter"), seed=3) for _ in range(2))
    assert one == two


def test_without_jitter_all_come_in_the_same_moment() -> None:
    together = play(2000, place(), rules(first=no_jitter()))
    spread = play(2000, place(), rules(first=full_jitter(first=4.0)))
    assert max(together.attempts) == 2000
    assert max(spread.attempts) < 700


def test_a_client_waits_for_what_it_is_told_and_up_to_half_as_long_again() -> None:
    draw = random.Random(1)
    waits = [told(between(2.0, 2.0))(draw, 0, 9, 0.0) for _ in range(500)]
    assert min(waits) >= 2.0
    assert 2.9 < max(waits) <= 3.0


def test_hints_keep_the_second_worker_free_for_others() -> None:
    before = SCENARIOS["one of two stopped, as it was"].play(GIVEN)
    now = SCENARIOS["one of two stopped"].play(GIVEN)
    assert before.full_seconds > 5
    assert now.full_seconds == 0
    assert max(now.busiest) < 0.7
    assert now.longest_lag < 0.1
    assert now.back_after(0.999) is not None


def test_hints_keep_ten_stopped_workers_within_what_the_platform_takes() -> None:
    before = SCENARIOS["ten stopped, as it was"].play(GIVEN)
    now = SCENARIOS["ten stopped"].play(GIVEN)
    most = GIVEN.platform_spare_requests / 2
    assert max(before.attempts) > 5 * most
    assert max(now.attempts) < most
    assert max(now.waiting) < max(before.waiting) / 10


def test_the_table_has_a_row_for_each_storm() -> None:
    course = Course(1000, attempts=[1000], opened=[1000], waiting=[0], busiest=[0.5])
    table = scenario_table({"cut": course})
    assert table.count("\n") == 3
    assert "| 1,000 | none |" in table


@pytest.mark.parametrize(
    "name", ["one of two stopped, as it was", "one of two stopped", "ten stopped"]
)
def test_what_the_guide_shows_is_what_is_played_today(name: str) -> None:
    assert played()[name] == SCENARIOS[name].play(GIVEN)


def test_every_storm_of_the_guide_was_played() -> None:
    assert list(played()) == list(SCENARIOS)
