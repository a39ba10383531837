"""Each kind of write, with the platform dying after each of its steps in turn: nothing by chance.

Part of `make test-mutations`; MUTATIONS=short leaves the random part of that aside.
"""

from itertools import count
from pathlib import Path

import pytest
from mutation_back_end import HelpersSend, TenantLike, TenantRead, TenantSend
from mutation_cases import Case, Like, Mark, Read, Send, full_send
from mutation_check import Checker
from mutation_creations import Direct, NewDialog, NewPack, NewTopic, direct
from mutation_tally import Tally
from mutation_users import BackEndDialog, BackEndTopic, NewUser, UpsertedUser
from mutation_world import CUT_SETTLE, World, counted, world

from chat3_embedded import NEWEST, OLDEST
from support.gateway import TENANT

_KINDS: tuple[type[Case], ...] = (
    *(Send, TenantSend, HelpersSend),
    *(Read, Like, TenantRead, TenantLike),
    *(NewDialog, NewTopic, NewPack, Direct),
    *(BackEndDialog, BackEndTopic),
)
# At the least. Row, metas (ours too) twice, event, two statuses, times and quote; row, metas, three
# members and their events, event; row, metas, event; row, metas; row, one meta, two members, event.
_STEPS = {
    Send: 3 * 10,
    TenantSend: 2 * 10,
    HelpersSend: 10,
    NewDialog: 2 * 12,
    BackEndDialog: 12,
    NewTopic: 2 * 6,
    BackEndTopic: 6,
    NewPack: 5,
    Direct: 7,
}
_FIRST_CUTS: dict[type[Case], tuple[str, ...]] = {
    Send: ("message row", "message meta", "message event", "message status"),
    HelpersSend: ("message row", "message meta", "message event", "message status"),
    NewDialog: ("dialog row", "dialog meta", "dialog member", "dialog member event"),
    NewTopic: ("topic row", "topic meta", "topic event"),
    NewPack: ("pack row", "pack meta"),
    Direct: ("dialog meta", "dialog member", "dialog event"),
}


def case_of(kind: type[Case], running: World, dialog: str, number: int) -> Case:
    key = f"{kind.__name__}-{number}"
    target = running.platform.store.add_message(TENANT, dialog, "bob", f"{key}-target").message_id
    if issubclass(kind, Send):
        return full_send(key, dialog, target, kind)
    if kind is Direct:
        return direct(running.platform.store, dialog, key.lower())
    if issubclass(kind, NewDialog | NewTopic | NewPack):
        return kind(key, dialog)
    assert issubclass(kind, Mark)
    return kind(key, dialog, target=target)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", [NEWEST, OLDEST])
async def test_a_write_that_is_cut_after_any_step_is_one_and_whole_or_told(
    version: str, tmp_path: Path
) -> None:
    tally = Tally()
    done: list[Case] = []
    async with world("sqlite", 1, version, tmp_path, settle=CUT_SETTLE, step_pause=0) as running:
        dialog = running.dialog()
        for kind in _KINDS:
            for number in count(1):
                case = case_of(kind, running, dialog, number)
                done.append(case)
                if not await running.cut(case, [str(number)], tally):
                    break
        await running.platform.settled()
        Checker(running.platform.store).check(dialog, done, tally)
    tally.add(counted(done))
    print(f"\nplatform {version}:\n{tally}")
    assert not tally.broken
    for kind, steps in _STEPS.items():
        assert sum(isinstance(case, kind) for case in done) > steps, kind.__name__
    assert tally.restarts["died"] == len(done) - len(_KINDS)
    # What each cut of a mark leaves is the platform's: one of the two is without its event, or
    # has it twice.
    kinds = sum(issubclass(kind, Mark) for kind in _KINDS)
    assert (tally.marks_silent, tally.marks_repeated) == (
        (kinds, 0) if version == NEWEST else (0, kinds)
    )


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("kind", "version", "repair"),
    [
        (Send, NEWEST, "deletion row"),
        (Send, OLDEST, "meta row"),
        (Send, OLDEST, "meta event"),
        (HelpersSend, NEWEST, "deletion row"),
        (HelpersSend, OLDEST, "meta row"),
        (NewDialog, NEWEST, "meta event"),
        (NewDialog, OLDEST, "member row"),
        (NewTopic, NEWEST, "topic meta"),
        (NewPack, NEWEST, "meta event"),
        (NewPack, OLDEST, "pack meta"),
        (Direct, NEWEST, "member row"),
    ],
)
async def test_a_repair_that_is_cut_itself_is_taken_up_again(
    kind: type[Case], version: str, repair: str, tmp_path: Path
) -> None:
    tally = Tally()
    done: list[Case] = []
    deaths = 0
    async with world("sqlite", 1, version, tmp_path, settle=CUT_SETTLE, step_pause=0) as running:
        dialog = running.dialog()
        for step in _FIRST_CUTS[kind]:
            case = case_of(kind, running, dialog, len(done))
            done.append(case)
            deaths = max(deaths, await running.cut(case, [step, repair], tally))
        await running.platform.settled()
        Checker(running.platform.store).check(dialog, done, tally)
    tally.add(counted(done))
    print(f"\nplatform {version}, {kind.__name__}, {repair}:\n{tally}")
    assert not tally.broken
    assert deaths == 2, "no repair was cut"


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("version", [NEWEST, OLDEST])
@pytest.mark.parametrize("kind", [NewUser, UpsertedUser])
async def test_a_user_whose_creation_is_cut_after_any_step_is_one_whole_and_announced(
    kind: type[NewUser], version: str, tmp_path: Path
) -> None:
    tally = Tally()
    done: list[Case] = []
    async with world("sqlite", 1, version, tmp_path, settle=CUT_SETTLE, step_pause=0) as running:
        dialog = running.dialog()
        # Of the user, of each key of its custom data, and of the last one.
        for step in ("user row", "user event", "meta row", "meta event"):
            case = kind(step.replace(" ", "-"), dialog)
            done.append(case)
            assert await running.cut(case, [step], tally) == 1, f"nothing died after {step}"
            case = kind(f"{case.key}-again", dialog)
            done.append(case)
            await running.cut(case, [step, step], tally)
        await running.platform.settled()
        Checker(running.platform.store).check(dialog, done, tally)
    tally.add(counted(done))
    print(f"\nplatform {version}, users:\n{tally}")
    assert not tally.broken
