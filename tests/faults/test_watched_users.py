"""Two back ends on two workers, a stream with many users each, while everything around them dies.

`SEED` decides who is watched and unwatched when, and when what goes wrong.
"""

import os
import secrets

import pytest

from support.faults.checker import Verdict
from support.faults.harm import Harm
from support.faults.schedules import Plan, Schedule
from support.faults.world import world
from support.rabbitmq import RabbitMQ

SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
TIGHT = {"STREAM_BUFFER_COUNT": "60", "WATCH_BUFFER_BYTES": "65536", "STREAM_RECHECK_INTERVAL": "3"}
"""So that users are dropped, and their existence is proved anew, while a schedule is played."""

FEW = Plan(
    seats=(2, 2),
    users=100,
    pause=0.005,
    back_ends=1.0,
    length=4.0,
    updates=800,
    streams=300,
    exactly=(
        *(Harm.kill_worker, Harm.platform_away, Harm.cut_broker),
        *(Harm.cut_client_repeatedly, Harm.stop_reading_in_a_burst),
    ),
)
THOUSANDS = Plan(
    seats=(2, 2),
    users=1000,
    pause=0.004,
    back_ends=1.0,
    length=20.0,
    updates=6000,
    streams=3000,
    exactly=(
        *(Harm.kill_worker, Harm.terminate_worker, Harm.restart_broker),
        *(Harm.platform_away, Harm.stall_platform, Harm.platform_away),
        *(Harm.cut_broker, Harm.delete_queue, Harm.cut_client_repeatedly, Harm.storm),
        *(Harm.vanish_client, Harm.stall_client, Harm.slow_client, Harm.stop_reading_in_a_burst),
    ),
)


async def played(broker: RabbitMQ, capsys: pytest.CaptureFixture[str], plan: Plan) -> Verdict:
    """Play a schedule, and print what became of the users who were watched in it."""
    async with world(broker, SEED, TIGHT) as made:
        schedule = Schedule(made, SEED, with_broker=False, plan=plan)
        verdict = await schedule.play()
    with capsys.disabled():
        print(f"\nseed {SEED}, 2 back ends, {len(made.recorder.clients)} watched users: {verdict}")
        print(f"ends of what a user was watched for: {dict(sorted(verdict.ends.items()))}", end="")
        if not verdict.kept:
            print("", *schedule.told, *verdict.findings(), sep="\n    ", end="")
    assert len(made.recorder.clients) == 2 * plan.users
    return verdict


def nothing_broke(verdict: Verdict, users: int) -> None:
    assert verdict.kept, list(verdict.findings())
    assert verdict.streams > 2 * users, "users have come back"
    assert verdict.delivered > 2 * 2 * users


@pytest.mark.timeout(600)
async def test_two_back_ends_with_a_hundred_users_each_lose_nothing(
    broker: RabbitMQ, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_broke(await played(broker, capsys, FEW), FEW.users)


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_two_back_ends_with_a_thousand_users_each_lose_nothing(
    broker: RabbitMQ, capsys: pytest.CaptureFixture[str]
) -> None:
    nothing_broke(await played(broker, capsys, THOUSANDS), THOUSANDS.users)
