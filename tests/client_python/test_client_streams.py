"""A stream connects again, goes on where the application left off, and says what happened."""

import asyncio
import contextlib
import time
from datetime import timedelta
from typing import Any

import pytest
from client_scripted_service import (
    FIRST_PAUSE,
    Scripted,
    connected,
    failure,
    heartbeat,
    streaming,
    update,
)
from grpclib.const import Status

from chat3_api.chat3.user import v1 as pb
from chat3_client import (
    Connected,
    ConnectionState,
    Disconnected,
    Gap,
    MemoryStore,
    PermissionDeniedError,
    RetryPolicy,
    StateChanged,
    UnauthenticatedError,
    UnavailableError,
    UpdateStream,
)
from chat3_client.updates.seen import Seen
from support.patience import HANGS

RESUMED = pb.ResumeOutcome.RESUMED
AWAY = failure(Status.UNAVAILABLE, "SHUTTING_DOWN", retry=0.001)


async def ids(stream: UpdateStream, number: int) -> list[str]:
    """Return the ids of the next updates."""
    found: list[str] = []
    async for event in stream:
        if isinstance(event, pb.Update):
            found.append(event.update_id)
        if len(found) == number:
            return found
    return found


async def test_a_stream_goes_on_where_the_application_left_off(scripted: Scripted) -> None:
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0"), update("t1", "u1"), update("t2", "u2"), then=AWAY),
        streaming(connected("t2", RESUMED), update("t3", "u3")),
    )
    async with scripted.client() as chat, chat.updates() as stream:
        assert await ids(stream, 3) == ["u1", "u2", "u3"]
    assert [call.request.resume_token for call in scripted.calls] == ["", "t2"]


async def test_what_happens_to_the_connection_is_told(scripted: Scripted) -> None:
    degraded = heartbeat("t0", pb.StreamState.DEGRADED)
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0"), heartbeat("t0"), degraded, heartbeat("t0"), then=AWAY),
        streaming(connected("t0", RESUMED, 10.0)),
    )
    async with scripted.client() as chat, chat.updates() as stream:
        assert stream.state is ConnectionState.CONNECTING
        events, states = [], []
        for _ in range(5):
            events.append(await anext(stream))
            states.append(stream.state)
    assert [type(event) for event in events] == [
        *(Connected, StateChanged, StateChanged, Disconnected, Connected)
    ]
    assert states == [
        ConnectionState.LIVE,
        ConnectionState.DEGRADED,
        ConnectionState.LIVE,
        ConnectionState.RECONNECTING,
        ConnectionState.LIVE,
    ]
    first, last = events[0], events[-1]
    assert isinstance(first, Connected)
    assert isinstance(last, Connected)
    assert (first.first, last.first) == (True, False)
    assert (last.outcome, last.heartbeat) == (RESUMED, timedelta(seconds=10))
    assert isinstance(events[3], Disconnected)
    assert events[3].reason == "ERROR_REASON_SHUTTING_DOWN"
    assert stream.state is ConnectionState.CLOSED


async def test_a_token_is_saved_when_its_update_was_dealt_with(scripted: Scripted) -> None:
    responses = [connected("t0"), update("t1", "u1"), heartbeat("t2"), update("t3", "u2")]
    scripted.then("SubscribeUpdates", streaming(*responses), streaming(connected("t2", RESUMED)))
    store = MemoryStore()
    async with scripted.client() as chat:
        async with chat.updates(store) as stream:
            await anext(stream)
            assert store.token == ""
            await anext(stream)
            assert store.token == "t0"
            await anext(stream)
            # The heartbeat was nothing to deal with: it moved the place on.
            assert store.token == "t2"
            assert stream.resume_token == "t3"
        # The application broke off while it dealt with the last update: it comes again.
        assert store.token == "t2"
        async with chat.updates(store) as stream:
            await anext(stream)
    assert scripted.calls[1].request.resume_token == "t2"


async def test_an_application_that_breaks_off_can_say_that_it_has_dealt_with_the_last(
    scripted: Scripted,
) -> None:
    scripted.then("SubscribeUpdates", streaming(connected("t0"), update("t1", "u1")))
    store = MemoryStore()
    async with scripted.client() as chat, chat.updates(store) as stream:
        async for event in stream:
            if isinstance(event, pb.Update):
                await stream.acknowledge()
                break
    assert store.token == "t1"


async def test_an_update_that_comes_twice_is_handed_out_once(scripted: Scripted) -> None:
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0"), update("t1", "u1"), update("t2", "u1"), then=AWAY),
        streaming(connected("t0", RESUMED), update("t1", "u1"), update("t3", "u2")),
    )
    async with scripted.client() as chat, chat.updates() as stream:
        assert await ids(stream, 2) == ["u1", "u2"]
    assert [call.request.resume_token for call in scripted.calls] == ["", "t2"]


def test_as_many_updates_are_remembered_as_can_come_again() -> None:
    seen = Seen(2)
    assert [seen.is_new("alice", name) for name in "abab"] == [True, True, False, False]
    assert seen.is_new("bob", "a")
    assert seen.is_new("alice", "a")
    assert seen.is_new("alice", "")
    assert seen.is_new("alice", "")


async def test_silence_is_a_failure(scripted: Scripted) -> None:
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0", heartbeat=0.05)),
        streaming(connected("t0", RESUMED)),
    )
    async with scripted.client() as chat, chat.updates() as stream:
        await anext(stream)
        lost = await anext(stream)
        assert isinstance(lost, Disconnected)
        assert "nothing was heard for 0.1 s" in str(lost.error)
        assert isinstance(await anext(stream), Connected)


async def test_silence_is_found_by_an_application_that_waits_a_moment_at_a_time(
    scripted: Scripted,
) -> None:
    scripted.then("SubscribeUpdates", streaming(connected("t0", heartbeat=0.1)))
    async with scripted.client() as chat, chat.updates() as stream:
        await anext(stream)
        found: object = None
        while found is None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.03):
                    found = await anext(stream)
    assert isinstance(found, Disconnected)
    assert "nothing was heard" in str(found.error)


async def test_an_application_that_blocks_the_event_loop_loses_no_stream(
    scripted: Scripted,
) -> None:
    go_on = asyncio.Event()

    async def later(stream: Any) -> None:
        await stream.send_message(connected("t0", heartbeat=0.05))
        await go_on.wait()
        await stream.send_message(update("t1", "u1"))
        await asyncio.Event().wait()

    scripted.then("SubscribeUpdates", later)
    async with scripted.client() as chat, chat.updates() as stream:
        await anext(stream)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.0):
                await anext(stream)
        go_on.set()
        await asyncio.sleep(0)  # the server, in the same loop, has sent it; nobody has read it
        time.sleep(0.2)  # noqa: ASYNC251 - the fault that is tried
        async with asyncio.timeout(HANGS):
            assert await ids(stream, 1) == ["u1"]


async def test_two_tasks_do_not_share_a_stream(scripted: Scripted) -> None:
    """Each would say that what the other works on was dealt with."""
    scripted.then("SubscribeUpdates", streaming(connected("t0")))
    async with scripted.client() as chat, chat.updates() as stream:
        await anext(stream)
        first = asyncio.create_task(anext(stream))
        await asyncio.sleep(0)
        with pytest.raises(RuntimeError, match="another task"):
            await anext(stream)
        await stream.close()
        with pytest.raises(StopAsyncIteration):
            await first


async def test_an_application_that_is_slow_itself_loses_no_stream(scripted: Scripted) -> None:
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0", heartbeat=0.5), *[update(f"t{n}", f"u{n}") for n in range(5)]),
    )
    async with scripted.client() as chat, chat.updates() as stream:
        await anext(stream)
        await asyncio.sleep(1.1)  # longer than two heartbeats
        assert await ids(stream, 5) == [f"u{n}" for n in range(5)]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (Status.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID"),
        (Status.PERMISSION_DENIED, "RESUME_TOKEN_FOREIGN"),
    ],
)
async def test_a_refused_token_is_a_gap(scripted: Scripted, status: Status, reason: str) -> None:
    scripted.then(
        "SubscribeUpdates",
        failure(status, reason),
        streaming(connected("t0"), update("t1", "u1")),
    )
    store = MemoryStore("old")
    async with scripted.client() as chat, chat.updates(store) as stream:
        lost, again, gap = [await anext(stream) for _ in range(3)]
        assert isinstance(lost, Disconnected)
        assert isinstance(again, Connected)
        assert again.outcome is pb.ResumeOutcome.RESUMED_WITH_GAP
        assert isinstance(gap, Gap)
        assert gap.reason == f"ERROR_REASON_{reason}"
        assert pb.ReloadTarget.DIALOGS in gap.reload
        # Whoever breaks off before the gap was dealt with is told again, or begins anew.
        assert store.token == ""
        async with asyncio.timeout(HANGS):
            assert await ids(stream, 1) == ["u1"]
        assert store.token == "t0"
    assert [call.request.resume_token for call in scripted.calls] == ["old", ""]


async def test_a_gap_of_the_service_is_handed_out(scripted: Scripted) -> None:
    gap = pb.Gap(reason=pb.GapReason.EXPIRED, reload=[pb.ReloadTarget.DIALOGS])
    scripted.then(
        "SubscribeUpdates",
        streaming(
            connected("t0", pb.ResumeOutcome.RESUMED_WITH_GAP),
            pb.SubscribeUpdatesResponse(resume_token="t1", gap=gap),
        ),
    )
    async with scripted.client() as chat, chat.updates(MemoryStore("t")) as stream:
        await anext(stream)
        told = await anext(stream)
    assert told == Gap("GAP_REASON_EXPIRED", (pb.ReloadTarget.DIALOGS,))


@pytest.mark.parametrize(
    ("step", "raised"),
    [
        (failure(Status.UNAUTHENTICATED, "API_KEY_INVALID"), UnauthenticatedError),
        (failure(Status.PERMISSION_DENIED, "PERMISSION_MISSING"), PermissionDeniedError),
        (failure(Status.PERMISSION_DENIED), PermissionDeniedError),
    ],
)
async def test_what_no_repetition_helps_ends_a_stream(
    scripted: Scripted, step: Any, raised: type[Exception]
) -> None:
    scripted.then("SubscribeUpdates", step)
    async with scripted.client() as chat, chat.updates() as stream:
        with pytest.raises(raised):
            await anext(stream)
        assert stream.state is ConnectionState.CLOSED
        assert [event async for event in stream] == []
    assert len(scripted.calls) == 1


@pytest.mark.parametrize(
    "step",
    [
        failure(Status.UNKNOWN),
        failure(Status.INTERNAL),
        failure(Status.PERMISSION_DENIED),
        failure(Status.RESOURCE_EXHAUSTED, "SLOW_CONSUMER", retry=0.001, resume_token="t9"),
        failure(Status.UNAVAILABLE, "STREAM_MAX_AGE", retry=0.001, resume_token="t9"),
    ],
)
async def test_a_stream_that_was_open_outlives_what_the_way_and_the_service_say(
    scripted: Scripted, step: Any
) -> None:
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0"), then=step),
        streaming(connected("t0", RESUMED), update("t1", "u1")),
    )
    async with scripted.client() as chat, chat.updates() as stream:
        async with asyncio.timeout(HANGS):
            assert await ids(stream, 1) == ["u1"]


async def test_an_application_sees_how_often_a_stream_failed_and_why(scripted: Scripted) -> None:
    """By default it is opened again for ever, and whoever reads it can give up."""
    unsaid = failure(Status.UNAVAILABLE)
    scripted.then("SubscribeUpdates", unsaid, unsaid, streaming(connected("t0"), then=AWAY), unsaid)
    told: list[int | None] = []
    async with scripted.client() as chat, chat.updates() as stream:
        async for event in stream:
            told.append(event.failures if isinstance(event, Disconnected) else None)
            if len(told) == 5:
                break
            if isinstance(event, Disconnected):
                assert event.error.status is Status.UNAVAILABLE
    assert told == [1, 2, None, 1, 2]


async def test_a_service_that_is_not_waited_for_has_as_many_attempts_as_a_call(
    scripted: Scripted,
) -> None:
    """Such as a proxy with nothing behind it."""
    policy = RetryPolicy(attempts=3, wait_for_service=False)
    scripted.then("SubscribeUpdates", *[failure(Status.UNAVAILABLE)] * 3)
    async with scripted.client(retry=policy) as chat, chat.updates() as stream:
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(ids(stream, 1), HANGS)
    assert len(scripted.calls) == 3


async def test_a_service_that_says_itself_that_it_is_away_is_waited_for(scripted: Scripted) -> None:
    policy = RetryPolicy(attempts=1, wait_for_service=False)
    there = streaming(connected("t0"), update("t1", "u1"))
    scripted.then("SubscribeUpdates", AWAY, AWAY, there)
    async with scripted.client(retry=policy) as chat, chat.updates() as stream:
        assert await asyncio.wait_for(ids(stream, 1), HANGS) == ["u1"]


async def test_a_stream_that_was_open_is_opened_again_whatever_was_not_waited_for(
    scripted: Scripted,
) -> None:
    policy = RetryPolicy(attempts=1, wait_for_service=False)
    unsaid = failure(Status.UNAVAILABLE)
    again = streaming(connected("t0", RESUMED), update("t1", "u1"))
    scripted.then("SubscribeUpdates", streaming(connected("t0"), then=AWAY), unsaid, unsaid, again)
    async with scripted.client(retry=policy) as chat, chat.updates() as stream:
        assert await asyncio.wait_for(ids(stream, 1), HANGS) == ["u1"]


async def test_waiting_for_an_event_may_be_cancelled(scripted: Scripted) -> None:
    go_on = asyncio.Event()

    async def step(stream: Any) -> None:
        await stream.send_message(connected("t0"))
        await go_on.wait()
        await stream.send_message(update("t1", "u1"))
        await asyncio.Event().wait()

    scripted.then("SubscribeUpdates", step)
    async with scripted.client() as chat, chat.updates() as stream:
        await anext(stream)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await anext(stream)
        go_on.set()
        async with asyncio.timeout(HANGS):
            assert await ids(stream, 1) == ["u1"]
    assert len(scripted.calls) == 1


async def test_who_is_cancelled_while_a_lost_stream_ends_hears_of_the_loss_next_time(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.then("SubscribeUpdates", streaming(connected("t0"), then=failure(Status.UNAVAILABLE)))
    async with scripted.client() as chat, chat.updates() as stream:
        await anext(stream)
        end, ending, ended = stream._attempts._end, asyncio.Event(), asyncio.Event()

        async def slowly() -> None:
            ending.set()
            await end()
            await ended.wait()

        monkeypatch.setattr(stream._attempts, "_end", slowly)
        waiting = asyncio.create_task(anext(stream))
        await ending.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        ended.set()
        assert isinstance(await anext(stream), Disconnected)
        assert len(scripted.calls) == 1


async def test_any_response_resets_the_back_off(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = failure(Status.UNAVAILABLE)
    scripted.then("SubscribeUpdates", lost, lost, streaming(connected("t0"), then=lost))
    scripted.then("SubscribeUpdates", streaming(connected("t0", RESUMED)))
    bounds: list[float] = []

    def uniform(_: float, high: float) -> float:
        bounds.append(high)
        return 0.0

    monkeypatch.setattr("random.uniform", uniform)
    async with scripted.client() as chat, chat.updates() as stream:
        while len(scripted.calls) < 4:
            await anext(stream)
    # It doubles from loss to loss; a connection without a single update makes it small again.
    assert bounds == [FIRST_PAUSE, 2 * FIRST_PAUSE, FIRST_PAUSE]


async def test_a_client_that_is_closed_ends_its_streams(scripted: Scripted) -> None:
    scripted.then("SubscribeUpdates", streaming(connected("t0")))
    chat = scripted.client()
    stream = chat.updates()
    await anext(stream)
    await chat.close()
    await chat.close()
    assert stream.state is ConnectionState.CLOSED
    assert [event async for event in stream] == []
    with pytest.raises(RuntimeError, match="closed"):
        await chat.get_dialog("dlg_aaaaaaaaaaaaaaaaaaaa")


async def test_a_fault_of_a_hook_is_raised_and_not_taken_for_a_lost_connection(
    scripted: Scripted,
) -> None:
    def broken(_: Any) -> Any:
        raise ZeroDivisionError

    async with scripted.client(hooks=[broken]) as chat, chat.updates() as stream:
        with pytest.raises(ZeroDivisionError):
            await anext(stream)
    assert scripted.calls == []


@pytest.mark.parametrize("step", [streaming(connected("t0")), failure(Status.UNAVAILABLE)])
async def test_closing_a_stream_ends_a_wait_for_its_next_event(
    scripted: Scripted, step: Any
) -> None:
    scripted.then("SubscribeUpdates", step)
    async with scripted.client() as chat:
        stream = chat.updates()
        await anext(stream)
        stream._attempts._retry_at += 60.0
        waiting = asyncio.create_task(anext(stream, None))
        await asyncio.sleep(0.01)
        assert not waiting.done()
        await stream.close()
        async with asyncio.timeout(HANGS):
            assert await waiting is None
