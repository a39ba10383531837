"""What is held for unfinished requests, for places, and what is told of refusals."""

import asyncio
import logging

import pytest

from chat3_user.errors import CallError
from chat3_user.transport.budget import UnfinishedBudget
from chat3_user.transport.places import Places
from chat3_user.transport.refusals import Refusals


class Holder:
    def __init__(self, address: str, *sizes: int) -> None:
        self.address = address
        self.sizes = list(sizes)

    def drop_oldest(self) -> int:
        return self.sizes.pop(0) if self.sizes else 0

    def grow(self, budget: UnfinishedBudget, *sizes: int) -> None:
        for size in sizes:
            self.sizes.append(size)
            budget.hold(self, sum(self.sizes))


def test_the_address_that_holds_most_makes_room_with_its_oldest() -> None:
    budget = UnfinishedBudget(1000)
    honest, other = Holder("honest"), Holder("other")
    crowd = [Holder("crowd") for _ in range(4)]
    honest.grow(budget, 200)
    other.grow(budget, 150)
    for holder in crowd:
        holder.grow(budget, 60, 110)
    assert budget.total <= 1000
    assert (honest.sizes, other.sizes) == ([200], [150])
    assert sum(sum(holder.sizes) for holder in crowd) < 680


def test_what_is_given_back_is_forgotten() -> None:
    budget = UnfinishedBudget(100)
    holder = Holder("one")
    holder.grow(budget, 50)
    budget.hold(holder, 0)
    assert (budget.total, budget._held) == (0, {})


def test_one_request_larger_than_all_is_given_up() -> None:
    budget = UnfinishedBudget(100)
    holder = Holder("one")
    holder.grow(budget, 500)
    assert (holder.sizes, budget.total) == ([], 0)


def test_no_holder_has_all_places() -> None:
    places = Places(4, 3)
    for _ in range(3):
        places.take("greedy")
    with pytest.raises(CallError, match="OVERLOADED"):
        places.take("greedy")
    places.take("modest", ("key",))
    with pytest.raises(CallError, match="OVERLOADED"), places.place("third"):
        pass
    places.free("greedy")
    with places.place("third"):
        assert places.taken == 4
    for holders in (("greedy",), ("greedy",), ("modest", ("key",))):
        places.free(*holders)
    assert (places.taken, places._held) == (0, {})


async def test_a_flood_of_refusals_is_counted_and_logged_once_a_second(
    caplog: pytest.LogCaptureFixture,
) -> None:
    counted: list[str] = []

    def records() -> list[logging.LogRecord]:
        """Return what this module logged; threads of other tests may speak too."""
        return [each for each in caplog.records if each.name == Refusals.__module__]

    now = [100.0]
    refusals = Refusals(counted.append, lambda: now[0])
    with caplog.at_level(logging.WARNING):
        for _ in range(50):
            refusals.refused("flood", "192.0.2.1", "why", method="/a.Service/M", request_id="req-1")
        refusals.refused("other", "192.0.2.1")
        now[0] += 1
        while len(records()) < 3:  # a second passes by the loop's clock too
            await asyncio.sleep(0.01)
        for _ in range(20):
            refusals.refused("flood", "192.0.2.2")
        refusals.close()
    assert counted == ["flood"] * 50 + ["other"] + ["flood"] * 20
    told = [(vars(record)["kind"], vars(record)["count"]) for record in records()]
    assert told == [("flood", 1), ("other", 1), ("flood", 49), ("flood", 20)]
    assert vars(records()[0])["problem"] == "why"
    assert vars(records()[2])["method"] == "/a.Service/M"
    assert "problem" not in vars(records()[1])
