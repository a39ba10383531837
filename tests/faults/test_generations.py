"""Streams through the platform's own upgrade: old routing keys, new ones, and a switch under load.

Two tenants share user ids, types of users have dots, and updates are published for a tenant, a user
and a type of user whose keys contain the subscribed ids. Clients come, go and resume, and workers
are killed, while the form of the keys changes. `SWITCHES` says how many schedules there are of the
change, `SEED` where they begin.
"""

import os
import secrets

import pytest

from support.faults.checker import Verdict
from support.faults.generations import UPGRADE, Generation
from support.faults.harm import COMING_AND_GOING
from support.faults.schedules import Plan, Schedule
from support.faults.world import world
from support.rabbitmq import RabbitMQ

SWITCHES = int(os.environ.get("SWITCHES") or 5)
SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))


async def played(
    broker: RabbitMQ, capsys: pytest.CaptureFixture[str], schedules: int, *keys: Generation
) -> Verdict:
    """Play schedules in which the platform publishes with ``keys`` in turn; return all verdicts."""
    plan = Plan(
        seats=(25, 35),
        faults=(8, 12),
        among=COMING_AND_GOING,
        length=6.0,
        updates=500,
        generations=keys,
    )
    total = Verdict()
    async with world(broker, SEED) as made:
        for seed in range(SEED, SEED + schedules):
            schedule = Schedule(made, seed, with_broker=False, plan=plan)
            verdict = await schedule.play()
            total.add(verdict)
            with capsys.disabled():
                print(f"\n{' to '.join(key.value for key in keys)}, seed {seed}: {verdict}", end="")
                if not verdict.kept:
                    print("", *schedule.told, *verdict.findings(), sep="\n    ", end="")
    return total


def nothing_broke(verdict: Verdict) -> None:
    """Fail unless every promise was kept, without a gap, in a history worth the name."""
    assert verdict.kept, list(verdict.findings())
    assert not verdict.gaps
    assert verdict.delivered > 1000
    assert verdict.streams > 50, "clients have come back"


@pytest.mark.slow  # The change of the form begins with the one, and ends with the other.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("keys", [Generation.OLD, Generation.NEW], ids=["old", "new"])
async def test_streams_lose_nothing_with_keys_of_one_form(
    broker: RabbitMQ, capsys: pytest.CaptureFixture[str], keys: Generation
) -> None:
    nothing_broke(await played(broker, capsys, 1, keys))


@pytest.mark.timeout(300 + 120 * SWITCHES)
async def test_streams_lose_nothing_while_the_form_of_the_keys_changes(
    broker: RabbitMQ, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_broke(await played(broker, capsys, SWITCHES, *UPGRADE))
