"""What so many connected users take, and where one cell ends."""

from dataclasses import replace
from pathlib import Path

import pytest
from sizing.capacity import (
    broker_carries,
    cell_of,
    fits,
    limits,
    log_follows,
    most_users,
    plan_of,
    stream_cost,
    updates_of,
)
from sizing.constants import Constants, constants
from sizing.tables import GUIDES, number, of_guides, plans, written

GIVEN = constants()
ROUND = Constants(
    **{
        **{name: getattr(GIVEN, name) for name in GIVEN.__slots__},
        "messages_per_second": 0.01,
        "updates_per_message": 10.0,
        "stranger_us": 10.0,
        "broker_copy_us": 20.0,
        "worker_full": 1.0,
    }
)
"""A tenth of an update a second for each user."""


def test_updates_grow_with_users() -> None:
    assert updates_of(10_000, ROUND) == pytest.approx(1000)


def test_a_cell_of_twice_the_users_takes_four_times_of_the_broker() -> None:
    small, large = cell_of(20_000, ROUND), cell_of(40_000, ROUND)
    assert small is not None
    assert large is not None
    # 2,000 updates to 2 workers, 20 µs each; then 4,000 to 4.
    assert (small.workers, large.workers) == (2, 4)
    assert small.broker_cores == pytest.approx(2000 * 2 * 20e-6)
    assert large.broker_cores == pytest.approx(4 * small.broker_cores)


def test_updates_of_nobody_here_take_streams_from_a_worker() -> None:
    few, many = cell_of(300_000, ROUND), cell_of(450_000, ROUND)
    assert few is not None
    assert many is not None
    assert few.fan_in == pytest.approx(0.30)
    assert few.streams == pytest.approx((0.5 - 0.30) / stream_cost(ROUND), rel=0.03)
    assert many.streams < few.streams


def test_beyond_half_a_core_of_them_no_worker_follows() -> None:
    assert cell_of(499_000, ROUND) is not None
    assert cell_of(500_001, ROUND) is None


def test_a_worker_never_plans_more_streams_than_its_part_of_connections_max() -> None:
    cell = cell_of(60_000, GIVEN)
    assert cell is not None
    assert cell.streams <= 7500
    assert cell.workers * cell.streams >= 60_000


def test_every_service_runs_two_workers_on_two_machines() -> None:
    plan = plan_of(10, GIVEN)
    assert (plan.cells, plan.workers, plan.machines) == (1, 2, 2)


@pytest.mark.parametrize("users", [10_000, 95_000, 96_000, 1_000_000, 100_000_000])
def test_a_plan_has_as_many_cells_as_it_takes_and_no_more(users: int) -> None:
    plan = plan_of(users, GIVEN)
    assert fits(plan.cell.users, GIVEN)
    assert plan.cells * plan.cell.users >= users
    assert plan.cells == 1 or not fits(-(-users // (plan.cells - 1)), GIVEN)


def test_proofs_of_streams_are_two_requests_an_interval() -> None:
    plan = plan_of(270_000, GIVEN)
    every_five_minutes = 270_000 * 2 / 270
    every_hour = 270_000 * 2 / 3240
    assert plan.platform_requests_to_prove == pytest.approx(every_five_minutes + every_hour)


def test_a_faster_broker_carries_more_and_a_slower_log_carries_less() -> None:
    most = most_users(lambda users: broker_carries(users, GIVEN))
    faster = replace(GIVEN, broker_copy_us=GIVEN.broker_copy_us / 4)
    assert most_users(lambda users: broker_carries(users, faster)) > 1.5 * most
    slower = replace(GIVEN, log_reads_per_second=700.0)
    assert log_follows(350, slower)
    assert not log_follows(351, slower)


def test_the_most_users_are_found_exactly() -> None:
    assert most_users(lambda users: users <= 94_321) == 94_321
    assert most_users(lambda users: users < 1) == 0


def test_limits_come_in_the_order_in_which_they_are_met() -> None:
    found = limits(GIVEN)
    assert [each.users for each in found] == sorted(each.users for each in found)
    assert found[1].users == 5000


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.0161, "0.016"), (7.35, "7.3"), (3666.3, "3,700"), (1_049_000, "1 million")],
)
def test_numbers_have_two_significant_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_a_table_has_a_column_for_each_number_of_users() -> None:
    lines = plans((10_000, 1_000_000), GIVEN).splitlines()
    assert lines[0] == "| connected users | 10,000 | 1 million |"
    assert all(line.count("|") == 4 for line in lines)


def test_a_guide_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        written("# Scaling\n", {"plans": "| users |\n"})


def test_the_tables_of_the_guides_are_current(project: Path) -> None:
    tables = of_guides((10_000, 100_000, 1_000_000, 100_000_000), GIVEN)
    for guide, names in GUIDES.items():
        page = (project / "docs" / guide).read_text()
        assert page == written(page, {name: tables[name] for name in names}), guide
