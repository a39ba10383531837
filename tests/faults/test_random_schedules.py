"""Random schedules of faults; the promises hold in all of them.

`SCHEDULES` says how many, `SEED` where they begin: `SEED=17 SCHEDULES=1` plays schedule 17 again.
`BACK_ENDS` is the part of the clients that watch several users on one stream.
"""

import os
import secrets
import time
from pathlib import Path

import pytest

from support.faults.checker import Verdict
from support.faults.schedules import Plan, Schedule
from support.faults.world import World, world
from support.rabbitmq import RabbitMQ

SCHEDULES = int(os.environ.get("SCHEDULES", "20"))
SEED = int(os.environ.get("SEED") or secrets.randbelow(1_000_000))
PLAN = Plan(back_ends=float(os.environ.get("BACK_ENDS") or Plan.back_ends))
_BROKER_EVERY = 20
"""Every so many schedules the broker itself is killed: that takes longer than all other faults."""


@pytest.mark.timeout(300 + 120 * SCHEDULES)
async def test_random_faults_break_no_promise(
    broker: RabbitMQ, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    total, failed, began = Verdict(), [], time.monotonic()
    async with world(broker, SEED) as made:
        for seed in range(SEED, SEED + SCHEDULES):
            started = time.monotonic()
            with_broker = seed % _BROKER_EVERY == _BROKER_EVERY // 2
            schedule = Schedule(made, seed, with_broker=with_broker, plan=PLAN)
            verdict = await schedule.play()
            total.add(verdict)
            renewed = await made.renew_lost_log()
            with capsys.disabled():
                took = time.monotonic() - started
                if renewed:
                    print("\nRabbitMQ has lost its stream for good; another log was made", end="")
                print(f"\nseed {seed} ({took:.1f} s): {verdict}", end="")
                if not verdict.kept:
                    failed.append(seed)
                    for line in (*schedule.told, *verdict.findings()):
                        print(f"\n    {line}", end="")
                    print(f"\n    all of it: {_written(tmp_path / str(seed), made)}", end="")
    with capsys.disabled():
        took = time.monotonic() - began
        print(f"\n{SCHEDULES} schedules, seeds {SEED} to {seed}, {took:.0f} s: {total}")
        print(f"ends of streams: {dict(sorted(total.ends.items()))}")
    assert not failed, f"replay with: make test-faults SCHEDULES=1 SEED={failed[0]}"


def _written(path: Path, made: World) -> Path:
    """Write down all that clients, publishers and workers saw in the last schedule."""
    recorder = made.recorder
    lines = [str(publication) for publication in recorder.publications.values()]
    for client in recorder.clients:
        lines += [f"{client.name} {client.address}", *(f"    {event}" for event in client.events)]
    for worker in made.workers:
        lines += [worker.name, *(f"    {record}" for record in worker.log)]
    path.write_text("\n".join(lines))
    return path
