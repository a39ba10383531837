"""Reads are retried within a budget, writes never; an outage opens the circuit, until a probe."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import stamina

from chat3_user.domain.access import Access
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.answers import DuplicateGuardError, in_doubt
from chat3_user.tenant_api.models import Model
from chat3_user.tenant_api.resilience import CircuitOpenError, Resilient
from chat3_user.tenant_api.route import Request, Route
from chat3_user.tenant_api.settings import ResilienceSettings
from chat3_user.validation import Identity

IDENTITY = Identity("secret-key", "tnt_one", "alice")
QUICK = ResilienceSettings(wait_first=0.001, wait_longest=0.002, failures=0)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Platform:
    """Fails as often as it is told."""

    def __init__(self, *failures: CallError | None) -> None:
        self.failures = list(failures)
        self.asked = 0
        self.answer: Any = {}
        self.down: Callable[[], CallError] | None = None

    async def call(self, *_: Any, **__: Any) -> tuple[int, Any]:
        self.asked += 1
        if self.down is not None:
            raise self.down()
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        return 200, self.answer


async def ask(resilient: Resilient, method: str = "GET") -> int:
    status, _ = await resilient.call(Request(Route(method, "/r", Model), IDENTITY, "/r", {}))
    return status


async def test_a_read_is_tried_again() -> None:
    platform = Platform(reasons.upstream_unavailable(), reasons.upstream_unavailable())
    assert await ask(Resilient(platform, QUICK)) == 200
    assert platform.asked == 3


async def test_a_read_is_tried_so_often_and_no_more() -> None:
    platform = Platform()
    platform.down = reasons.upstream_unavailable
    with pytest.raises(CallError):
        await ask(Resilient(platform, QUICK))
    assert platform.asked == 3


@pytest.mark.parametrize("failure", [reasons.not_a_member("d"), reasons.api_key_invalid()])
async def test_a_refusal_is_no_outage(failure: CallError) -> None:
    platform = Platform(failure)
    with pytest.raises(CallError):
        await ask(Resilient(platform, QUICK))
    assert platform.asked == 1


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_write_is_never_tried_again(method: str) -> None:
    platform = Platform(in_doubt(reasons.upstream_unavailable()))
    with pytest.raises(CallError):
        await ask(Resilient(platform, QUICK), method)
    assert platform.asked == 1


async def test_retries_are_few_while_everything_fails() -> None:
    platform = Platform()
    platform.down = reasons.upstream_unavailable
    resilient = Resilient(platform, QUICK)
    for _ in range(1000):
        with pytest.raises(CallError):
            await ask(resilient)
    assert 1000 < platform.asked <= 1000 * 1.1 + 10


async def test_no_log_of_a_retry_holds_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await ask(Resilient(Platform(reasons.upstream_unavailable()), QUICK))
    assert caplog.records
    for record in caplog.records:
        assert "secret-key" not in str(vars(record))
    assert stamina.is_active()


def failing(clock: Clock) -> tuple[Platform, Resilient]:
    platform = Platform()
    platform.down = reasons.upstream_unavailable
    settings = ResilienceSettings(attempts=1, failures=3, open_first=1.0, open_longest=4.0)
    return platform, Resilient(platform, settings, clock=clock)


async def outage(platform: Platform, resilient: Resilient) -> None:
    for _ in range(3):
        with pytest.raises(CallError):
            await ask(resilient)
    platform.asked = 0


async def test_an_outage_is_answered_without_asking_until_a_probe_succeeds() -> None:
    clock = Clock()
    platform, resilient = failing(clock)
    await outage(platform, resilient)
    with pytest.raises(CircuitOpenError) as refused:
        await ask(resilient, "POST")
    assert refused.value.retry_after is not None
    assert platform.asked == 0
    clock.now += 1.3
    platform.down = None
    assert await ask(resilient) == 200
    assert await ask(resilient) == 200


async def test_a_failed_probe_keeps_the_circuit_open_for_longer() -> None:
    clock = Clock()
    platform, resilient = failing(clock)
    await outage(platform, resilient)
    for open_for in (1.0, 2.0, 4.0, 4.0):
        clock.now += 0.75 * open_for
        with pytest.raises(CircuitOpenError):
            await ask(resilient)
        clock.now += 0.5 * open_for
        with pytest.raises(CallError):
            await ask(resilient)
    assert platform.asked == 4


async def test_an_answer_between_failures_keeps_the_circuit_closed() -> None:
    clock = Clock()
    platform, resilient = failing(clock)
    platform.down = None
    down = reasons.upstream_unavailable
    platform.failures = [down(), down(), reasons.not_a_member("d"), down(), down(), None]
    for _ in range(5):
        with pytest.raises(CallError):
            await ask(resilient)
    assert await ask(resilient) == 200


async def test_the_duplicate_guard_is_no_outage() -> None:
    clock = Clock()
    platform, resilient = failing(clock)
    busy = reasons.upstream_unavailable()
    platform.down = lambda: DuplicateGuardError(busy.reason, busy.message)
    for _ in range(10):
        with pytest.raises(DuplicateGuardError):
            await ask(resilient, "POST")
    assert platform.asked == 10


class Slow(Platform):
    """Answers no call before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = asyncio.Semaphore(0)
        self.answering = asyncio.Event()

    async def call(self, *_: Any, **__: Any) -> tuple[int, Any]:
        self.asked += 1
        self.sent.release()
        await self.answering.wait()
        if self.down is not None:
            raise self.down()
        return 200, self.answer


async def recovering(probe_wait: float = 3600.0) -> tuple[Clock, Slow, Resilient]:
    """Return a platform that may be asked again for the first time after an outage."""
    clock, platform = Clock(), Slow()
    platform.down = reasons.upstream_unavailable
    settings = ResilienceSettings(
        attempts=1, failures=3, open_first=1.0, open_longest=4.0, probe_wait=probe_wait
    )
    resilient = Resilient(platform, settings, clock=clock)
    platform.answering.set()
    await outage(platform, resilient)
    platform.answering.clear()
    platform.sent = asyncio.Semaphore(0)
    clock.now += 1.3
    return clock, platform, resilient


async def at_once(resilient: Resilient, platform: Slow, count: int) -> list[asyncio.Task[int]]:
    """Start so many calls, and return when one was sent and all others have come as far."""
    methods = ("GET", "POST")
    calls = [asyncio.create_task(ask(resilient, methods[i % 2])) for i in range(count)]
    await platform.sent.acquire()
    for _ in range(5):
        await asyncio.sleep(0)
    assert platform.asked == 1
    assert not any(call.done() for call in calls)
    return calls


async def test_all_who_arrive_during_the_probe_succeed_when_the_platform_is_back() -> None:
    _, platform, resilient = await recovering()
    calls = await at_once(resilient, platform, 500)
    platform.down = None
    platform.answering.set()
    assert await asyncio.gather(*calls) == [200] * 500
    assert platform.asked == 500


async def test_all_who_arrive_during_the_probe_fail_with_it() -> None:
    _, platform, resilient = await recovering()
    calls = await at_once(resilient, platform, 500)
    platform.answering.set()
    failures = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(failure, CallError) for failure in failures)
    assert sum(isinstance(failure, CircuitOpenError) for failure in failures) == 499
    assert platform.asked == 1


async def test_when_the_probes_caller_gives_up_another_call_is_the_probe() -> None:
    _, platform, resilient = await recovering()
    calls = await at_once(resilient, platform, 20)
    for given_up in range(3):
        calls.pop(0).cancel()
        await platform.sent.acquire()
        assert platform.asked == given_up + 2
    platform.down = None
    platform.answering.set()
    assert await asyncio.gather(*calls) == [200] * 17


async def test_a_probe_without_an_answer_holds_nobody_for_long() -> None:
    clock, platform, resilient = await recovering()
    probe, *waiting = await at_once(resilient, platform, 2)
    clock.now += 3601.0
    for _ in range(3):
        # Refused by the age of the probe, then because it counts as failed.
        with pytest.raises(CircuitOpenError):
            await ask(resilient)
    with pytest.raises(CircuitOpenError):
        await waiting[0]
    assert platform.asked == 1
    # A late answer is good news all the same.
    platform.down = None
    platform.answering.set()
    assert await probe == 200
    assert await ask(resilient) == 200


async def test_who_waits_for_a_probe_waits_for_a_while_only() -> None:
    _, platform, resilient = await recovering(probe_wait=0.01)
    calls = await at_once(resilient, platform, 1)
    for _ in range(2):
        with pytest.raises(CircuitOpenError):
            await ask(resilient)
    platform.answering.set()
    with pytest.raises(CallError):
        await calls[0]
    assert platform.asked == 1


async def test_whoever_waits_for_a_probe_can_be_cancelled() -> None:
    _, platform, resilient = await recovering()
    probe, waiting = await at_once(resilient, platform, 2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    platform.down = None
    platform.answering.set()
    assert await probe == 200


async def test_the_first_subscriber_after_an_outage_is_let_in() -> None:
    _, platform, resilient = await recovering()
    platform.answer = SimpleNamespace(data=None)
    access = Access(TenantApi(resilient))
    proving = asyncio.create_task(access.prove_reader(IDENTITY))
    await platform.sent.acquire()
    platform.down = None
    platform.answering.set()
    await proving
    assert platform.asked == 2
