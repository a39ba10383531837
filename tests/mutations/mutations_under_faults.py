"""Sends with keys while everything fails: never two for one key, never a success without a message.

`make test-mutations` runs it; MUTATION_SEEDS, MUTATION_FIRST_SEED and MUTATION_SENDS say how much.
"""

import os
from pathlib import Path

import pytest
from mutation_world import LAG_ALLOWED, Tally, world

SEEDS = int(os.environ.get("MUTATION_SEEDS", "100"))
FIRST = int(os.environ.get("MUTATION_FIRST_SEED", "1"))
TOGETHER = 4
SENDS = int(os.environ.get("MUTATION_SENDS", "100"))


@pytest.mark.timeout(1800)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("kind", "workers"), [("sqlite", 4), ("redis", 2)])
async def test_every_key_is_one_message_and_every_answer_true(
    kind: str, workers: int, tmp_path: Path
) -> None:
    total = Tally()
    async with world(kind, workers, tmp_path) as running:
        for first in range(FIRST, FIRST + SEEDS, TOGETHER):
            seeds = range(first, min(first + TOGETHER, FIRST + SEEDS))
            tally = await running.run(seeds, SENDS)
            if tally.broken and tally.lag > LAG_ALLOWED:
                # Then the tests' own proxy delivered later than the service was told to expect.
                print(f"{seeds}: the machine was too busy, again: {tally}")
                tally = await running.run(seeds, SENDS)
            assert not tally.broken, f"{seeds}: {tally}"
            total.add(tally)
        faults = dict(running.proxy.happened.most_common())
    print(f"\n{kind}, {workers} workers, {SEEDS} seeds: {total}\nwrites at the proxy: {faults}")
    assert total.sends == SEEDS * SENDS
    assert not total.failures["INTERNAL"], "a fault of the service itself"
