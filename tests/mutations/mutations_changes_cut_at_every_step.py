"""Each kind of change, with the platform dying after each of its steps in turn: nothing by chance.

Part of `make test-mutations`, as `mutations_cut_at_every_step.py` is.
"""

from itertools import count
from pathlib import Path

import mutation_back_end as back_end
import pytest
from mutation_cases import Case
from mutation_changes import ADD, DIRECTORY_KINDS, EDIT, PACK_KINDS, USER_KINDS, Kind, kinds_of
from mutation_check import Checker
from mutation_tally import Tally
from mutation_world import CUT_SETTLE, counted, world

from chat3_embedded import NEWEST, OLDEST


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", [NEWEST, OLDEST])
async def test_a_change_that_is_cut_after_any_step_is_made_once_and_announced_or_told(
    version: str, tmp_path: Path
) -> None:
    tally = Tally()
    done: list[Case] = []
    every = kinds_of(version, (*USER_KINDS, *DIRECTORY_KINDS, *PACK_KINDS, *back_end.KINDS))
    kinds = [kind for kind in every if kind.rivals == 1]
    async with world("sqlite", 1, version, tmp_path, settle=CUT_SETTLE, step_pause=0) as running:
        for place, kind in enumerate(kinds):
            for number in count(1):
                key = f"{kind.method}-{place}-{number}".lower()
                (case,) = kind.cases(running.platform.store, key)
                done.append(case)
                if not await running.cut(case, [str(number)], tally):
                    break
        await running.platform.settled()
        Checker(running.platform.store).check("", done, tally)
    tally.add(counted(done))
    print(f"\nplatform {version}:\n{tally}")
    assert not tally.broken
    assert tally.restarts["died"] == len(done) - len(kinds)
    assert tally.restarts["died"] >= 2 * len(kinds)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("kind", "version", "steps"),
    [
        (EDIT, NEWEST, ("version row", "version row")),
        (EDIT, NEWEST, ("edit row", "meta row")),
        (EDIT, NEWEST, ("edit row", "meta event")),
        (EDIT, OLDEST, ("edit row", "meta row")),
        (back_end.EDIT, NEWEST, ("edit row", "meta row")),
        (back_end.EDIT, OLDEST, ("edit row", "meta event")),
        (ADD, NEWEST, ("member row", "member row")),
        (ADD, OLDEST, ("member row", "meta event")),
    ],
)
async def test_what_completes_a_change_may_be_cut_itself(
    kind: Kind, version: str, steps: tuple[str, str], tmp_path: Path
) -> None:
    tally = Tally()
    async with world("sqlite", 1, version, tmp_path, settle=CUT_SETTLE, step_pause=0) as running:
        (case,) = kind.cases(running.platform.store, "twice")
        deaths = await running.cut(case, steps, tally)
        await running.platform.settled()
        Checker(running.platform.store).check("", [case], tally)
    tally.add(counted([case]))
    print(f"\nplatform {version}, {steps}:\n{tally}")
    assert not tally.broken
    assert deaths == 2, "what completes it was not cut"
