"""Writes with keys while everything fails, the platform too: once, whole or told, and announced.

`make test-mutations` runs it; mk/mutations.mk says which variables say how much.
"""

import os
from pathlib import Path

import pytest
from mutation_tally import Tally
from mutation_world import LAG_ALLOWED, world

from chat3_embedded import NEWEST, OLDEST

SEEDS = int(os.environ.get("MUTATION_SEEDS") or 25)
FIRST = int(os.environ.get("MUTATION_FIRST_SEED") or 1)
SENDS = int(os.environ.get("MUTATION_SENDS") or 100)
TOGETHER = 10


@pytest.mark.timeout(3600)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("kind", "workers", "version"),
    [
        ("sqlite", 4, NEWEST),
        ("redis", 2, OLDEST),
        ("redis", 2, NEWEST),
        ("sqlite", 4, OLDEST),
    ],
)
async def test_every_key_is_one_message_whole_or_told_and_announced(
    kind: str, workers: int, version: str, tmp_path: Path
) -> None:
    total = Tally()
    async with world(kind, workers, version, tmp_path) as running:
        for first in range(FIRST, FIRST + SEEDS, TOGETHER):
            seeds = range(first, min(first + TOGETHER, FIRST + SEEDS))
            tally = await running.run(seeds, SENDS)
            if tally.broken and max(tally.lag, tally.slowest) > LAG_ALLOWED:
                # Then writes arrived, or were worked on, later than the service was told to expect.
                print(f"{seeds}: the machine was too busy, again: {tally}")
                tally = await running.run(seeds, SENDS)
            total.add(tally)
            print(f"\n{kind}, {workers} workers, {version}, seeds up to {seeds[-1]}:\n{total}")
        faults = dict(running.proxy.happened.most_common())
    print(f"writes at the proxy: {faults}")
    assert not total.broken
    assert total.sends == SEEDS * SENDS
    assert total.restarts
    assert not total.failures["INTERNAL"], "a fault of the service itself"
