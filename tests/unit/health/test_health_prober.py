"""Looks at components: each by itself, with a deadline, spread over time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from statistics import pstdev

import pytest

from chat3_user.health.finding import WELL, Finding
from chat3_user.health.machine import Change, Health, State, Status
from chat3_user.health.prober import Look, Probe, Prober
from chat3_user.health.probes.event_loop import event_loop
from chat3_user.health.table import Component, Reason
from support.patience import HANGS


class Stage:
    """A machine whose changes can be waited for."""

    def __init__(self, *names: str) -> None:
        reasons = {"away": Reason("", ""), "silent": Reason("", "")}
        components = [Component(name, "", reasons) for name in names]
        self.health = Health(names, components)
        self._changed = asyncio.Event()
        self.changes: list[Change] = []
        self.health.on_change(self._note)

    def _note(self, change: Change) -> None:
        self.changes.append(change)
        self._changed.set()

    async def until(self, wanted: Callable[[], bool]) -> None:
        async with asyncio.timeout(HANGS):
            while not wanted():
                self._changed.clear()
                await self._changed.wait()

    async def has(self, name: str, reason: str) -> None:
        await self.until(lambda: self.health.components[name].reason == reason)


@asynccontextmanager
async def probing(stage: Stage, *probes: Probe) -> AsyncIterator[None]:
    prober = Prober(stage.health, probes)
    await prober.open()
    try:
        yield
    finally:
        await prober.close()


def finds(*findings: Finding) -> Look:
    """Find one after the other, and the last for ever."""
    left = list(findings)

    async def look() -> Finding:
        return left.pop(0) if len(left) > 1 else left[0]

    return look


async def test_what_is_found_goes_to_the_machine() -> None:
    stage = Stage("a")
    look = finds(WELL, Finding("away", "words"), Finding("away", "words"), WELL)
    async with probing(stage, Probe("a", look, 0.01, 1)):
        await stage.has("a", "away")
        await stage.has("a", "")
    assert [each.after.state for each in stage.changes] == [State.UP, State.DOWN, State.UP]


async def test_a_look_that_does_not_come_back_is_ended_and_holds_up_no_other() -> None:
    stage = Stage("hangs", "works")
    ended = asyncio.Event()

    async def hang() -> Finding:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return WELL

    probes = Probe("hangs", hang, 0.01, 0.05, "silent"), Probe("works", finds(WELL), 0.01, 1)
    async with probing(stage, *probes):
        await stage.has("hangs", "silent")
        assert stage.health.components["works"].state is State.UP
    assert ended.is_set()
    assert stage.health.components["hangs"].detail == "no answer within 0.05 s"


@pytest.mark.health_row("any", "check_failed")
async def test_a_check_that_fails_is_told_and_looked_at_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage("a")
    broken = True

    async def look() -> Finding:
        if broken:
            raise ZeroDivisionError
        return WELL

    async with probing(stage, Probe("a", look, 0.01, 1)):
        await stage.has("a", "check_failed")
        assert stage.health.status is Status.DEGRADED
        broken = False
        await stage.has("a", "")
    told = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert told
    assert told[0].exc_info is not None


async def test_a_look_that_learns_nothing_changes_nothing() -> None:
    stage = Stage("a", "b")
    looks = 0

    async def nothing() -> None:
        nonlocal looks
        looks += 1
        if looks == 5:
            stage.health.observe("b", WELL)

    async with probing(stage, Probe("a", nothing, 0.01, 1)):
        await stage.until(lambda: stage.health.components["b"].state is State.UP)
    assert stage.health.components["a"].state is State.STARTING


async def pauses_of(stage: Stage, probe: Probe, count: int) -> list[float]:
    """Return the first pauses between looks, none of which is made."""
    pauses: list[float] = []
    enough = asyncio.Event()

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == count:
            enough.set()
        await asyncio.sleep(0)

    prober = Prober(stage.health, [probe], sleep=sleep)
    await prober.open()
    async with asyncio.timeout(HANGS):
        await enough.wait()
    await prober.close()
    return pauses[:count]


async def test_workers_that_start_together_do_not_ask_together_for_long() -> None:
    pauses = await pauses_of(Stage("a"), Probe("a", finds(WELL), 8.0, 1), 200)
    assert all(6.0 <= pause <= 10.0 for pause in pauses)
    assert pstdev(pauses) > 0.8, "an eighth of the interval is what a uniform quarter gives"


async def test_a_finding_that_contradicts_is_looked_at_again_sooner() -> None:
    look = finds(WELL, Finding("away"), Finding("away"), WELL, WELL, WELL)
    pauses = await pauses_of(Stage("a"), Probe("a", look, 8.0, 1), 6)
    assert [pause < 4.0 for pause in pauses] == [False, True, False, True, False, False]


async def test_a_loop_on_time_is_well_and_one_that_stood_still_is_not() -> None:
    lags: list[float] = []
    assert await event_loop(HANGS, lags.append).look() == WELL
    found = await event_loop(0.0, lags.append).look()
    assert found is not None
    assert found.reason == "stalled"
    assert len(lags) == 2
    assert min(lags) >= 0


async def test_a_loop_that_stands_still_between_two_looks_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A look and what stops the loop can be due in the same turn."""
    probe = event_loop(HANGS, lambda _: None)
    assert await probe.look() == WELL
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + HANGS)
    found = await probe.look()
    assert found is not None
    assert found.reason == "stalled"


async def test_a_look_that_makes_an_error_of_its_cancellation_holds_nothing_up() -> None:
    stage, looking = Stage("a"), asyncio.Event()

    async def look() -> Finding:
        looking.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            raise RuntimeError("the connection is closed") from None
        return WELL

    async with asyncio.timeout(HANGS), probing(stage, Probe("a", look, 60, 60)):
        await looking.wait()
    assert stage.changes == []
