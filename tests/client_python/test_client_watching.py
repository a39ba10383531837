"""A back end's stream of many users goes on for each of them."""

import asyncio
from datetime import timedelta

from chat3_api.chat3.tenant.v1 import WatchUpdatesResponse
from chat3_api.chat3.user import v1 as pb
from chat3_client import (
    Connected,
    ConnectionState,
    Disconnected,
    Gap,
    MemoryUserStore,
    TenantClient,
    Unwatched,
    Watched,
    WatchedUsers,
)
from chat3_client.testing import TestService
from support.faults.proxy import Proxy
from support.patience import HANGS


async def contents(stream: WatchedUsers, number: int) -> list[tuple[str, str | None]]:
    """Return users and texts of the next new messages."""
    found: list[tuple[str, str | None]] = []
    async with asyncio.timeout(HANGS):
        async for event in stream:
            if isinstance(event, pb.Update) and event.message_created is not None:
                assert event.message_created.message is not None
                found.append((event.user_id, event.message_created.message.content))
            if len(found) == number:
                break
    return found


async def watched(stream: WatchedUsers, *users: str) -> dict[str, pb.ResumeOutcome]:
    """Wait until users are watched; return how each began."""
    found: dict[str, pb.ResumeOutcome] = {}
    async for event in stream:
        if isinstance(event, Watched):
            found[event.user_id] = event.outcome
        if found.keys() >= set(users):
            break
    return found


async def test_users_come_and_go_while_the_stream_is_open(service: TestService) -> None:
    dialog = service.add_dialog("alice", "bob", "carl")
    carl = service.client("carl")
    async with service.tenant_client().watch(["Alice"]) as stream:
        assert await watched(stream, "alice") == {"alice": pb.ResumeOutcome.FRESH}
        await stream.watch("bob")
        await watched(stream, "bob")
        assert stream.users == ["alice", "bob"]
        await carl.send_message(dialog, "both")
        assert sorted(await contents(stream, 2)) == [("alice", "both"), ("bob", "both")]
        await stream.unwatch("alice")
        await stream.watch("carl")
        await watched(stream, "carl")
        await carl.send_message(dialog, "two")
        assert sorted(await contents(stream, 2)) == [("bob", "two"), ("carl", "two")]


async def test_a_user_who_does_not_exist_is_told_and_keeps_nobody_out(
    service: TestService,
) -> None:
    async with service.tenant_client().watch(["alice", "nobody", "bob"]) as stream:
        assert isinstance(await anext(stream), Connected)
        refused = await anext(stream)
        assert isinstance(refused, Unwatched)
        assert (refused.user_id, refused.reason) == ("nobody", "ERROR_REASON_USER_NOT_FOUND")
        assert (await watched(stream, "alice", "bob")).keys() == {"alice", "bob"}
        assert stream.users == ["alice", "bob"]


async def test_nothing_is_missed_by_anybody_while_the_connection_is_cut(
    service: TestService, proxy: Proxy
) -> None:
    dialog = service.add_dialog("alice", "bob", "carl")
    carl = service.client("carl")
    options = {"api_key": service.api_key, "tenant": service.tenant}
    async with (
        TenantClient(f"127.0.0.1:{proxy.port}", **options) as back_end,
        back_end.watch(["alice", "bob"]) as stream,
    ):
        await watched(stream, "alice", "bob")
        for number in range(5):
            await carl.send_message(dialog, f"{number}")
            proxy.cut()
            await carl.send_message(dialog, f"{number} again")
        found = await contents(stream, 20)
    for user in ("alice", "bob"):
        texts = [text for each, text in found if each == user]
        assert texts == [f"{n}{more}" for n in range(5) for more in ("", " again")]


async def test_a_back_end_is_told_that_its_stream_is_open_and_is_open_again(
    service: TestService, proxy: Proxy
) -> None:
    """Though it watches nobody."""
    options = {"api_key": service.api_key, "tenant": service.tenant}
    heartbeat = timedelta(seconds=7)
    async with (
        TenantClient(f"127.0.0.1:{proxy.port}", **options) as back_end,
        back_end.watch(heartbeat=heartbeat) as stream,
        asyncio.timeout(HANGS),
    ):
        first = await anext(stream)
        assert stream.state is ConnectionState.LIVE
        proxy.cut()
        lost = await anext(stream)
        assert isinstance(lost, Disconnected)
        assert (lost.failures, stream.state) == (1, ConnectionState.RECONNECTING)
        second = await anext(stream)
    assert isinstance(first, Connected)
    assert isinstance(second, Connected)
    assert first.connection_id != second.connection_id
    assert (first.first, second.first) == (True, False)
    assert first.outcome is second.outcome is pb.ResumeOutcome.UNSPECIFIED
    assert first.heartbeat == second.heartbeat == heartbeat


async def test_each_user_goes_on_from_the_stored_token(service: TestService) -> None:
    dialog = service.add_dialog("alice", "bob", "carl")
    carl, store = service.client("carl"), MemoryUserStore()
    back_end = service.tenant_client()
    async with back_end.watch(["alice", "bob"], store=store) as stream:
        await watched(stream, "alice", "bob")
        await carl.send_message(dialog, "first")
        await contents(stream, 2)
        await stream.acknowledge()
    await carl.send_message(dialog, "missed")
    async with back_end.watch(["alice", "bob"], store=store) as stream:
        began = await watched(stream, "alice", "bob")
        assert set(began.values()) == {pb.ResumeOutcome.RESUMED}
        assert sorted(await contents(stream, 2)) == [("alice", "missed"), ("bob", "missed")]


async def test_a_users_broken_token_is_that_users_gap(service: TestService) -> None:
    store = MemoryUserStore({"alice": "broken"})
    async with service.tenant_client().watch(["alice", "bob"], store=store) as stream:
        events = [await anext(stream) for _ in range(4)]
    assert Watched("alice", pb.ResumeOutcome.RESUMED_WITH_GAP) in events
    (gap,) = [event for event in events if isinstance(event, Gap)]
    assert (gap.user_id, gap.reason) == ("alice", "ERROR_REASON_RESUME_TOKEN_INVALID")


async def test_a_deleted_user_is_watched_no_longer(service: TestService) -> None:
    back_end = service.tenant_client()
    async with back_end.watch(["alice"]) as stream:
        await watched(stream, "alice")
        await stream.watch("ghost")
        refused = await anext(stream)
        assert isinstance(refused, Unwatched)
        assert not isinstance(refused, Disconnected)
        assert stream.users == ["alice"]


async def test_an_update_that_comes_twice_for_a_user_is_handed_out_once(
    service: TestService,
) -> None:
    stream = service.tenant_client().watch(["alice", "bob"])
    await watched(stream, "alice", "bob")

    def comes(user: str, update_id: str) -> None:
        update = pb.Update(update_id=update_id, user_id=user)
        stream._take(WatchUpdatesResponse(user_id=user, update=update, resume_token="t"))

    for user, update_id in (("alice", "u1"), ("alice", "u1"), ("bob", "u1"), ("alice", "u2")):
        comes(user, update_id)
    told = [(each.user_id, each.update_id) for each in stream._ready if isinstance(each, pb.Update)]
    assert told == [("alice", "u1"), ("bob", "u1"), ("alice", "u2")]
    await stream.close()
