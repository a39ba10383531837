"""What an application can have raw: responses of streams, calls with a request, and health."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from client_scripted_service import (
    Scripted,
    connected,
    failure,
    heartbeat,
    streaming,
    update,
)
from grpclib.const import Status

from chat3_api.chat3.tenant.v1 import (
    UserDropped,
    UserWatched,
    WatchUpdatesRequest,
    WatchUpdatesResponse,
)
from chat3_api.chat3.user import v1 as pb
from chat3_client import (
    Chat3Error,
    DeadlineError,
    Disconnected,
    MemoryStore,
    NotFoundError,
    Procedure,
    RetryPolicy,
    TokenRefusedError,
    UnavailableError,
    UnreachableError,
    UpdateStream,
)
from chat3_client.testing import TestService, ThreadedTestService, running_service_in_thread
from support.patience import HANGS
from support.ports import free_port

AWAY = failure(Status.UNAVAILABLE, "STREAM_MAX_AGE", retry=0.001)
GET_DIALOG = Procedure(
    "chat3.user.v1.UserService/GetDialog", pb.UserServiceStub, pb.UserServiceStub.get_dialog
)


async def responses(stream: UpdateStream, number: int) -> list[Any]:
    found: list[Any] = []
    async with asyncio.timeout(HANGS):
        async for response in stream.responses():
            found.append(response)
            if len(found) == number:
                break
    return found


async def watched(raw: AsyncIterator[Any]) -> UserWatched:
    """Wait until a user is watched."""
    async for response in raw:
        if response.acknowledged is not None and response.acknowledged.watched:
            return response.acknowledged.watched[0]
    raise AssertionError("the stream ended")


async def test_every_response_comes_as_it_was_sent_but_for_repetitions(
    scripted: Scripted,
) -> None:
    first, second = update("t1", "u1"), update("t3", "u2")
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0"), first, heartbeat("t2"), then=AWAY),
        streaming(connected("t2"), update("t2", "u1"), second),
    )
    store = MemoryStore()
    async with scripted.client() as chat, chat.updates(store) as stream:
        found = await responses(stream, 6)
        assert isinstance(found[3], Disconnected)
        assert [*found[:3], *found[4:]] == [
            *(connected("t0"), first, heartbeat("t2")),
            *(connected("t2"), second),
        ]
        assert (stream.resume_token, store.token) == ("t3", "t2")
        await stream.acknowledge()
    assert store.token == "t3"
    assert [call.request.resume_token for call in scripted.calls] == ["", "t2"]


async def test_a_refused_token_is_told_by_the_loss(scripted: Scripted) -> None:
    scripted.then(
        "SubscribeUpdates",
        failure(Status.INVALID_ARGUMENT, "RESUME_TOKEN_INVALID"),
        streaming(connected("t0"), update("t1", "u1")),
    )
    async with scripted.client() as chat, chat.updates(MemoryStore("broken")) as stream:
        lost, *rest = await responses(stream, 3)
    assert lost.reason == "ERROR_REASON_RESUME_TOKEN_INVALID"
    assert rest == [connected("t0"), update("t1", "u1")]
    assert [call.request.resume_token for call in scripted.calls] == ["broken", ""]


async def test_raw_responses_end_as_events_do(scripted: Scripted) -> None:
    scripted.then("SubscribeUpdates", failure(Status.UNAUTHENTICATED, "API_KEY_INVALID"))
    async with scripted.client() as chat, chat.updates() as stream:
        with pytest.raises(Chat3Error):
            await responses(stream, 1)
        assert await responses(stream, 1) == []


async def test_a_dropped_user_is_watched_again_from_there(service: TestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    async with service.tenant_client().watch(["alice"]) as stream:
        raw = aiter(stream.responses())
        async with asyncio.timeout(HANGS):
            token = (await watched(raw)).resume_token
            # As if the service had dropped a user, for the stream was read slowly.
            stream._send(WatchUpdatesRequest(unwatch=["alice"]))
            dropped = UserDropped(reason=pb.ErrorReason.SLOW_CONSUMER)
            stream._take(WatchUpdatesResponse(user_id="alice", resume_token=token, dropped=dropped))
            again = await watched(raw)
            await service.client("bob").send_message(dialog, "Hello")
            while (news := await anext(raw)) and news.update is None:
                pass
    assert again.user_id == "alice"
    assert news.user_id == "alice"


async def test_a_call_is_made_with_a_request(scripted: Scripted) -> None:
    scripted.then("GetDialog", AWAY, pb.GetDialogResponse())
    request = pb.GetDialogRequest(dialog_id="dlg_1")
    async with scripted.client() as chat:
        assert await chat.call(GET_DIALOG, request) == pb.GetDialogResponse()
        assert [call.request for call in scripted.calls] == [request, request]
        scripted.then("GetDialog", AWAY)
        with pytest.raises(UnavailableError):
            await chat.call(GET_DIALOG, request, retry=RetryPolicy(attempts=1))
    assert len(scripted.calls) == 3


async def test_health_is_asked_of_the_standard_service(scripted: Scripted) -> None:
    async with scripted.client() as chat:
        assert await chat.health() == "SERVING"
        with pytest.raises(NotFoundError):
            await chat.health("nobody")


async def test_who_does_not_wait_hears_at_once_that_nobody_is_there() -> None:
    scripted = Scripted(address=f"127.0.0.1:{free_port()}")
    retry = RetryPolicy(wait_for_service=False)
    async with scripted.client(retry=retry) as chat:
        with pytest.raises(UnreachableError) as raised:
            await chat.get_dialog("dlg_1")
        assert raised.value.attempts == 1
        async with chat.updates() as stream:
            with pytest.raises(UnreachableError):
                await anext(stream)


@pytest.mark.parametrize("waits", [True, False])
async def test_a_stream_that_does_not_open_in_time_is_late(
    scripted: Scripted, *, waits: bool
) -> None:
    scripted.then("GetDialog", pb.GetDialogResponse())
    scripted.then("SubscribeUpdates", streaming(), streaming(connected("t0")))
    retry = RetryPolicy(opening=0.05, wait_for_service=waits)
    async with scripted.client(retry=retry) as chat, chat.updates() as stream:
        await chat.get_dialog("dlg_1")  # connected: on a busy machine that takes a while
        if waits:
            lost = await anext(stream)
            assert isinstance(lost, Disconnected)
            error: Chat3Error = lost.error
        else:
            with pytest.raises(DeadlineError) as raised:
                await anext(stream)
            error = raised.value
    assert isinstance(error, DeadlineError)
    assert "within 0.05 s" in str(error)


async def test_a_token_that_nobody_replaces_is_refused_once(scripted: Scripted) -> None:
    expired = failure(Status.UNAUTHENTICATED, "TOKEN_EXPIRED")
    scripted.then("GetDialog", expired)
    scripted.then("SubscribeUpdates", expired)
    async with scripted.client(api_key="", user="", token="fixed") as chat:
        with pytest.raises(TokenRefusedError):
            await chat.get_dialog("dlg_1")
        async with chat.updates() as stream:
            with pytest.raises(TokenRefusedError):
                await anext(stream)
    assert len(scripted.calls) == 2


@pytest.fixture
def threaded() -> Any:
    with running_service_in_thread() as running:
        yield running


def test_all_of_it_is_there_without_asyncio(threaded: ThreadedTestService) -> None:
    dialog = threaded.add_dialog("alice")
    alice = threaded.client("alice")
    request = pb.GetDialogRequest(dialog_id=dialog)
    found = alice.call(GET_DIALOG, request).dialog
    assert found is not None
    assert found.dialog_id == dialog
    # A service that stood still for two seconds is not ready for a moment.
    until = time.monotonic() + HANGS
    while alice.health("chat3.user.v1.UserService") != "SERVING":
        assert time.monotonic() < until
    with alice.updates() as updates:
        first = next(updates.responses())
    assert first.connection_established is not None
