"""Many calls at once share one connection: each gets its turn, and none is refused for others."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from client_scripted_service import FAST, Scripted, failure
from grpclib.const import Status
from grpclib.protocol import Stream
from h2.exceptions import NoAvailableStreamIDError

from chat3_api.chat3.user import v1 as pb
from chat3_client import Chat3Client, DeadlineError, RetryPolicy, UnavailableError, UnreachableError
from chat3_client.answers import answer_of
from chat3_client.line import CALLS_AT_ONCE
from chat3_client.testing import TestService, running_service
from support.faults.proxy import Proxy
from support.patience import HANGS
from support.ports import free_port

DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"
FOUND = pb.GetDialogResponse()


class Gate:
    """Answers once it is opened; counts who waits at it."""

    def __init__(self) -> None:
        self.waiting = asyncio.Semaphore(0)
        self.opened = asyncio.Event()

    async def __call__(self, stream: Any) -> None:
        self.waiting.release()
        await self.opened.wait()
        await stream.send_message(FOUND)

    async def has(self, number: int) -> None:
        for _ in range(number):
            await self.waiting.acquire()


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat3_client.line.CALLS_AT_ONCE", 2)
    monkeypatch.setattr("chat3_client.connection._TURN", HANGS)


async def test_no_call_is_refused_because_others_are_under_way(service: TestService) -> None:
    """The service takes 100 calls on a connection, and a new client has not heard of that yet."""
    dialog = service.add_dialog("alice", "bob")
    alice = service.client("alice", retry=RetryPolicy(attempts=1))
    sent = await asyncio.gather(*[alice.send_message(dialog, f"{n}") for n in range(300)])
    assert {answer_of(each).attempts for each in sent} == {1}
    written = [message.content async for message in service.client("bob").history(dialog)]
    assert sorted(written) == sorted(f"{n}" for n in range(300))


@pytest.mark.usefixtures("two_at_once")
async def test_a_call_waits_for_its_turn(scripted: Scripted) -> None:
    gate = Gate()
    scripted.then("GetDialog", gate, gate, FOUND)
    async with scripted.client() as chat, asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(chat.get_dialog(DIALOG))
        await gate.has(2)
        assert len(scripted.calls) == 2
        gate.opened.set()
    assert len(scripted.calls) == 3


@pytest.mark.usefixtures("two_at_once")
async def test_a_call_whose_turn_never_comes_says_so(scripted: Scripted) -> None:
    gate = Gate()
    scripted.then("GetDialog", gate, gate)
    async with scripted.client() as chat, asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(chat.get_dialog(DIALOG))
        await gate.has(2)
        with pytest.raises(DeadlineError, match="other calls took all the time") as failed:
            await chat.send_message(DIALOG, "Hello", timeout=0.05)
        gate.opened.set()
    assert len(failed.value.idempotency_key) == 36
    assert not scripted.called("SendMessage")


@pytest.mark.usefixtures("two_at_once")
async def test_a_call_that_waits_leaves_a_connection_on_which_nobody_answers(
    scripted: Scripted,
) -> None:
    gate = Gate()
    scripted.then("GetDialog", gate, gate)
    scripted.then("SendMessage", pb.SendMessageResponse())
    async with scripted.client() as chat:
        silent = [asyncio.create_task(chat.get_dialog(DIALOG, timeout=t)) for t in (0.3, 60.0)]
        await gate.has(2)
        await chat.send_message(DIALOG, "Hello")
        with pytest.raises(DeadlineError):
            await silent[0]
        assert not silent[1].done()
        gate.opened.set()
        await silent[1]


@pytest.mark.usefixtures("two_at_once")
async def test_calls_that_wait_end_with_their_client(scripted: Scripted) -> None:
    gate = Gate()
    scripted.then("GetDialog", gate, gate)
    async with scripted.client() as chat:
        calls = [asyncio.create_task(chat.get_dialog(DIALOG)) for _ in range(4)]
        await gate.has(2)
    for call in calls:
        with pytest.raises(RuntimeError, match="the client is closed"):
            await call


@pytest.mark.usefixtures("two_at_once")
async def test_a_cancelled_call_gives_its_turn_to_another(scripted: Scripted) -> None:
    gate = Gate()
    scripted.then("GetDialog", gate, gate, FOUND)
    async with scripted.client() as chat:
        calls = [asyncio.create_task(chat.get_dialog(DIALOG)) for _ in range(4)]
        await gate.has(2)
        for cancelled in (calls[2], calls[0]):
            cancelled.cancel()
            with pytest.raises(asyncio.CancelledError):
                await cancelled
        await calls[3]
        gate.opened.set()
        await calls[1]


@pytest.mark.usefixtures("two_at_once")
async def test_a_call_that_waits_for_long_opens_another_connection(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat3_client.connection._TURN", 0.01)
    gate = Gate()
    scripted.then("GetDialog", *[gate] * 4, FOUND)
    async with scripted.client() as chat, asyncio.TaskGroup() as group:
        for _ in range(4):
            group.create_task(chat.get_dialog(DIALOG))
        await gate.has(4)
        assert len(chat._calls.connection._lines) == 2
        gate.opened.set()
    async with scripted.client() as chat:
        await chat.get_dialog(DIALOG)
        assert len(chat._calls.connection._lines) == 1


@pytest.mark.usefixtures("two_at_once")
async def test_only_so_many_connections_are_opened(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat3_client.connection._TURN", 0.01)
    monkeypatch.setattr("chat3_client.connection.CONNECTIONS", 2)
    gate = Gate()
    scripted.then("GetDialog", *[gate] * 6)
    async with scripted.client() as chat:
        calls = [asyncio.create_task(chat.get_dialog(DIALOG)) for _ in range(6)]
        await gate.has(4)
        with pytest.raises(DeadlineError, match="other calls"):
            await chat.get_dialog(DIALOG, timeout=0.1)
        first, second = chat._calls.connection._lines
        gate.opened.set()
        await asyncio.gather(*calls)
        # One is enough now, and the other is closed.
        assert (first.retired, second.retired) == (False, True)


async def test_a_service_that_allows_fewer_calls_keeps_none_waiting_on_a_lost_connection() -> None:
    """grpclib tells calls of a lost connection, and not those that wait to begin."""
    async with running_service(connection_streams=1) as service:
        proxy = Proxy(int(service.address.rpartition(":")[2]))
        async with (
            proxy.running(),
            Chat3Client(
                f"127.0.0.1:{proxy.port}",
                api_key=service.api_key,
                tenant=service.tenant,
                user="alice",
                retry=FAST,
            ) as chat,
        ):
            await chat.get_myself()
            (line,) = chat._calls.connection._lines
            proxy.stall()
            calls = [asyncio.create_task(chat.get_myself(timeout=HANGS)) for _ in range(5)]
            while CALLS_AT_ONCE - line.room < len(calls):
                await asyncio.sleep(0)
            proxy.cut()
            assert all([(await call).user for call in calls])


async def test_who_hangs_up_before_anything_came_was_sent_nothing() -> None:
    """A proxy without a service behind it accepts connections, and closes them."""
    taken = 0

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        taken += 1
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    scripted = Scripted(address=f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
    policy = RetryPolicy(attempts=3, first=0.001, longest=0.001, budget=0.0)
    async with server, scripted.client(retry=policy) as chat:
        with pytest.raises(UnreachableError, match="closed before anything came") as failed:
            await chat.send_message(DIALOG, "Hello", idempotency_key="")
    assert failed.value.attempts == taken == 3


async def test_calls_share_one_attempt_to_connect() -> None:
    scripted = Scripted(address=f"127.0.0.1:{free_port()}")
    async with scripted.client(retry=RetryPolicy(attempts=1)) as chat:
        connecting = chat._calls.connection
        calls = [chat.get_dialog(DIALOG) for _ in range(50)]
        failed = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(each) for each in failed} == {UnreachableError}
        assert connecting._backoff.failures == 1


async def test_a_connection_that_takes_no_more_calls_is_replaced(
    scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection has a billion numbers for calls; grpclib passes on what the engine says then."""
    real: Callable[..., Awaitable[Any]] = Stream.send_request
    used_up: list[Any] = []

    async def numbered(stream: Stream, *arguments: Any, **more: Any) -> Any:
        if not used_up:
            used_up.append(stream.connection)
        if stream.connection is used_up[0]:
            raise NoAvailableStreamIDError("no number is left")
        return await real(stream, *arguments, **more)

    monkeypatch.setattr(Stream, "send_request", numbered)
    scripted.then("GetDialog", FOUND)
    async with scripted.client(retry=RetryPolicy(attempts=2, first=0.001)) as chat:
        await chat.get_dialog(DIALOG)
    assert len(scripted.calls) == 1


async def test_repetitions_that_sent_nothing_are_not_counted_against_the_client() -> None:
    scripted = Scripted(address=f"127.0.0.1:{free_port()}")
    policy = RetryPolicy(attempts=5, first=0.001, longest=0.001, budget=0.0)
    async with scripted.client(retry=policy) as chat:
        with pytest.raises(UnreachableError) as failed:
            await chat.get_dialog(DIALOG)
    assert failed.value.attempts == 5


async def test_a_lost_connection_costs_each_of_its_calls_one_repetition_and_no_budget(
    scripted: Scripted,
) -> None:
    scripted.then("GetDialog", *[failure(Status.UNAVAILABLE)] * 2)
    async with scripted.client(retry=RetryPolicy(first=0.001, budget=0.0)) as chat:
        with pytest.raises(UnavailableError) as failed:
            await chat.get_dialog(DIALOG)
    assert failed.value.attempts == 2
