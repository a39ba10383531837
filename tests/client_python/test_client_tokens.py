"""A user token is replaced in time, and once when it was refused."""

import asyncio
import time
from datetime import UTC, datetime

import pytest
from client_scripted_service import Scripted, connected, failure, streaming, update
from grpclib.const import Status

from chat3_api.chat3.user import v1 as pb
from chat3_client import (
    Connected,
    DeadlineError,
    Disconnected,
    MemoryStore,
    RetryPolicy,
    SignInRequiredError,
    TokenRefusedError,
    TokenSourceError,
    UnreachableError,
    UserToken,
)
from chat3_client.identity import RefreshedToken
from chat3_client.testing import TestService

DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"
EXPIRED = failure(Status.UNAUTHENTICATED, "TOKEN_EXPIRED", resume_token="t9")


class Source:
    """Gives numbered tokens that live for 100 seconds, by a clock of its own."""

    def __init__(self) -> None:
        self.now = time.time()
        self.given = 0
        self.failing: Exception | None = None
        self.hanging = False
        self.asked = asyncio.Event()

    async def __call__(self) -> UserToken:
        await asyncio.sleep(0)
        if self.hanging:
            self.asked.set()
            await asyncio.Event().wait()
        if self.failing is not None:
            raise self.failing
        self.given += 1
        ends = datetime.fromtimestamp(self.now + 100.0, UTC)
        return UserToken(f"token-{self.given}", ends)

    def clock(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


async def bearer(token: RefreshedToken) -> str:
    return (await token.metadata())["authorization"].removeprefix("Bearer ")


async def test_a_token_is_replaced_at_three_quarters_of_its_life(source: Source) -> None:
    token = RefreshedToken(source, source.clock)
    assert await bearer(token) == "token-1"
    source.now += 74.0
    assert await bearer(token) == "token-1"
    source.now += 2.0
    assert await bearer(token) == "token-2"


async def test_calls_at_once_get_one_token(source: Source) -> None:
    token = RefreshedToken(source, source.clock)
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(bearer(token)) for _ in range(10)]
    assert {each.result() for each in asked} == {"token-1"}
    assert source.given == 1


async def test_a_source_that_fails_leaves_the_old_token_until_it_ends(source: Source) -> None:
    token = RefreshedToken(source, source.clock)
    await bearer(token)
    source.failing = OSError("the back end is away")
    source.now += 80.0
    assert await bearer(token) == "token-1"
    source.now += 21.0
    with pytest.raises(TokenSourceError, match="away") as failed:
        await bearer(token)
    assert isinstance(failed.value.__cause__, OSError)
    source.failing = None
    assert await bearer(token) == "token-2"


async def test_a_source_that_hangs_leaves_the_old_token_until_it_ends(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat3_client.identity._PATIENCE", 0.05)
    token = RefreshedToken(source, source.clock)
    await bearer(token)
    source.hanging = True
    source.now += 80.0
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(bearer(token))
        await source.asked.wait()
        # Nobody else waits for a token that may not come.
        async with asyncio.timeout(0.0):
            assert await bearer(token) == "token-1"
    assert waiting.result() == "token-1"
    source.hanging = False
    assert await bearer(token) == "token-1"  # not with every call
    source.now += 6.0
    assert await bearer(token) == "token-2"


async def test_a_clock_that_is_wrong_does_not_ask_for_a_token_with_every_call(
    source: Source,
) -> None:
    ahead = source.now + 7200.0
    token = RefreshedToken(source, lambda: ahead)
    assert [await bearer(token) for _ in range(3)] == ["token-1"] * 3
    assert await token.refused(await token.metadata())
    assert await bearer(token) == "token-2"


async def test_a_token_that_seems_to_end_at_once_is_not_replaced_with_every_call(
    source: Source,
) -> None:
    token = RefreshedToken(source, lambda: source.now + 99.0)
    for _ in range(3):
        assert await bearer(token) == "token-1"
        source.now += 2.0
    source.now += 10.0
    assert await bearer(token) == "token-2"


async def test_a_call_waits_for_a_source_that_fails_for_a_while(
    scripted: Scripted, source: Source
) -> None:
    async def failing_twice() -> UserToken:
        source.given += 1
        if source.given < 3:
            raise OSError("the back end is away")
        return UserToken("token")

    scripted.then("SendMessage", pb.SendMessageResponse())
    async with scripted.client(api_key="", user="", token=failing_twice) as chat:
        await chat.send_message(DIALOG, "Hello", idempotency_key="")  # nothing was sent
    assert source.given == 3


async def test_a_call_that_never_gets_a_token_says_why(scripted: Scripted, source: Source) -> None:
    source.failing = OSError("the back end is away")
    async with scripted.client(
        api_key="", user="", token=source, retry=RetryPolicy(attempts=3, first=0.001)
    ) as chat:
        with pytest.raises(TokenSourceError, match="no user token: OSError") as failed:
            await chat.send_message(DIALOG, "Hello")
    assert failed.value.attempts == 3
    assert len(failed.value.idempotency_key) == 36
    assert failed.value.__cause__ is source.failing


async def test_a_refused_token_waits_for_a_source_that_fails_for_a_while(
    scripted: Scripted, source: Source
) -> None:
    asked = 0

    async def failing_once() -> UserToken:
        nonlocal asked
        asked += 1
        if asked == 2:
            raise OSError("the back end is away")
        return UserToken(f"token-{asked}")

    scripted.then("SendMessage", EXPIRED, EXPIRED, pb.SendMessageResponse())
    async with scripted.client(api_key="", user="", token=failing_once) as chat:
        await chat.send_message(DIALOG, "Hello")
    tokens = [call.metadata["authorization"] for call in scripted.calls]
    assert tokens == ["Bearer token-1", "Bearer token-1", "Bearer token-3"]
    assert len({call.request.idempotency_key for call in scripted.calls}) == 1


async def test_a_refused_token_is_replaced_once_and_the_call_made_again_with_its_key(
    scripted: Scripted, source: Source
) -> None:
    scripted.then("SendMessage", EXPIRED, pb.SendMessageResponse())
    async with scripted.client(api_key="", user="", token=source) as chat:
        await chat.send_message(DIALOG, "Hello")
    first, second = scripted.calls
    assert first.metadata["authorization"] == "Bearer token-1"
    assert second.metadata["authorization"] == "Bearer token-2"
    assert first.request.idempotency_key == second.request.idempotency_key
    assert "x-api-key" not in first.metadata


async def test_a_new_token_that_is_refused_too_ends_the_call(
    scripted: Scripted, source: Source
) -> None:
    scripted.then("GetDialog", EXPIRED, EXPIRED, pb.GetDialogResponse())
    async with scripted.client(api_key="", user="", token=source) as chat:
        with pytest.raises(TokenRefusedError):
            await chat.get_dialog(DIALOG)
    assert len(scripted.calls) == 2


@pytest.mark.parametrize("hangs_at", [1, 2])
async def test_a_source_that_hangs_keeps_a_call_no_longer_than_its_deadline(
    scripted: Scripted, hangs_at: int
) -> None:
    given = 0

    async def hanging() -> UserToken:
        nonlocal given
        given += 1
        if given == hangs_at:
            await asyncio.Event().wait()
        return UserToken("token")

    scripted.then("SendMessage", *[EXPIRED] * 100)
    async with scripted.client(api_key="", user="", token=hanging) as chat:
        while given < hangs_at:  # on a busy machine the time can be up before that
            with pytest.raises((DeadlineError, UnreachableError)) as failed:
                await chat.send_message(DIALOG, "Hello", timeout=0.1)
    assert "no user token came" in str(failed.value)
    assert len(failed.value.idempotency_key) == 36


async def test_calls_refused_at_once_replace_the_token_once(
    scripted: Scripted, source: Source
) -> None:
    scripted.then("GetDialog", *[EXPIRED] * 5, *[pb.GetDialogResponse()] * 5)
    async with scripted.client(api_key="", user="", token=source) as chat:
        # All five are refused before the first asks again, or a later one is refused with the new.
        gate = asyncio.Barrier(5)
        renew = chat._calls.identity.refused

        async def together(metadata: dict[str, str]) -> bool:
            await gate.wait()
            return await renew(metadata)

        chat._calls.identity.refused = together  # type: ignore[method-assign, assignment]
        await asyncio.gather(*[chat.get_dialog(DIALOG) for _ in range(5)])
    assert source.given == 2


async def test_a_stream_that_ends_with_its_token_goes_on_with_a_new_one(
    scripted: Scripted, source: Source
) -> None:
    scripted.then(
        "SubscribeUpdates",
        streaming(connected("t0"), update("t1", "u1"), then=EXPIRED),
        streaming(connected("t1", pb.ResumeOutcome.RESUMED), update("t2", "u2")),
    )
    async with scripted.client(api_key="", user="", token=source) as chat, chat.updates() as stream:
        events = [await anext(stream) for _ in range(5)]
    lost = events[2]
    assert isinstance(lost, Disconnected)
    assert lost.reason == "ERROR_REASON_TOKEN_EXPIRED"
    assert lost.retry_in == 0.0
    assert isinstance(events[3], Connected)
    first, second = scripted.calls
    assert second.metadata["authorization"] == "Bearer token-2"
    # The token of what was dealt with, not the one of the failure.
    assert second.request.resume_token == "t1"
    assert first.request.resume_token == ""


async def test_a_stream_whose_user_has_to_sign_in_again_ends(
    scripted: Scripted, source: Source
) -> None:
    async def again() -> UserToken:
        raise SignInRequiredError

    async with scripted.client(api_key="", user="", token=again) as chat, chat.updates() as stream:
        with pytest.raises(SignInRequiredError):
            await anext(stream)
        assert [event async for event in stream] == []


async def test_a_stream_waits_for_a_source_that_fails_for_a_while(
    scripted: Scripted, source: Source
) -> None:
    scripted.then("SubscribeUpdates", streaming(connected("t0")))
    source.failing = OSError("the back end is away")
    async with scripted.client(api_key="", user="", token=source) as chat, chat.updates() as stream:
        assert isinstance(await anext(stream), Disconnected)
        source.failing = None
        assert isinstance(await anext(stream), Connected)


async def test_a_back_end_gives_its_users_tokens_that_the_service_takes(
    service: TestService,
) -> None:
    dialog = service.add_dialog("alice", "bob")
    tokens = service.tenant_client().token_source("alice")
    alice = service.client("", api_key="", token=tokens)
    sent = await alice.send_message(dialog, "Hello")
    assert sent.message is not None
    assert sent.message.sender_id == "alice"
    async with alice.updates(MemoryStore()) as stream:
        assert isinstance(await anext(stream), Connected)
