"""Clients and the real service, while connections are cut, stalled and refused."""

import asyncio
import random
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from chat3_api.chat3.user import v1 as pb
from chat3_client import (
    AlreadyExistsError,
    Chat3Client,
    Connected,
    Disconnected,
    FileStore,
    Gap,
    MemoryStore,
    NotAMemberError,
    TenantClient,
    replayed,
)
from chat3_client.testing import TestService, running_service
from chat3_client.testing.service import USERS
from support.faults.proxy import Proxy
from support.patience import HANGS


def by_way_of(proxy: Proxy, service: TestService, user: str) -> Chat3Client:
    """Make a client whose connections go through the proxy."""
    return Chat3Client(
        f"127.0.0.1:{proxy.port}", api_key=service.api_key, tenant=service.tenant, user=user
    )


async def test_every_message_is_handed_out_once_while_connections_break(
    service: TestService, proxy: Proxy
) -> None:
    dialog = service.add_dialog("alice", "bob")
    rng = random.Random(11)
    store = MemoryStore()
    seen: list[str] = []
    connected, all_seen = asyncio.Event(), asyncio.Event()

    async def follow() -> None:
        """Follow, and begin anew with the stored token now and then, as a process that restarts."""
        while True:
            async with (
                by_way_of(proxy, service, "alice") as alice,
                alice.updates(store, kinds=[pb.UpdateKind.MESSAGE_CREATED]) as stream,
            ):
                async for event in stream:
                    assert not isinstance(event, Gap)
                    connected.set()
                    created = event.message_created if isinstance(event, pb.Update) else None
                    if created is None or created.message is None:
                        continue
                    seen.append(created.message.content or "")
                    if len(seen) == 60:
                        all_seen.set()
                    if rng.random() < 0.05:
                        await stream.acknowledge()
                        break

    following = asyncio.create_task(follow())
    await connected.wait()
    async with by_way_of(proxy, service, "bob") as bob:
        for number in range(60):
            if rng.random() < 0.2:
                proxy.cut()
            await bob.send_message(dialog, f"{number}")
        async with asyncio.timeout(HANGS):
            await all_seen.wait()
        written = [message.content async for message in bob.history(dialog)]
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    while proxy.links:
        await asyncio.sleep(0.01)
    assert seen == [f"{number}" for number in range(60)]
    assert written[::-1] == seen


async def test_many_calls_at_once_through_a_connection_that_is_cut_are_made_once() -> None:
    async with AsyncExitStack() as stack:
        # What was cut off is looked for until it has settled: 10 seconds are much for a test.
        service = await stack.enter_async_context(running_service(idempotency_settle=0.5))
        port = int(service.address.rpartition(":")[2])
        proxy = await stack.enter_async_context(Proxy(port).running())
        dialog = service.add_dialog("alice", "bob")
        alice = await stack.enter_async_context(by_way_of(proxy, service, "alice"))
        calls = [asyncio.create_task(alice.send_message(dialog, f"{n}")) for n in range(40)]
        for _ in range(4):
            await asyncio.wait(calls, timeout=0.05)
            proxy.cut()
        await asyncio.gather(*calls)
        written = [message.content async for message in alice.history(dialog)]
    assert sorted(written, key=int) == [f"{n}" for n in range(40)]


async def test_a_stalled_stream_is_left_and_goes_on(service: TestService, proxy: Proxy) -> None:
    dialog = service.add_dialog("alice", "bob")
    async with (
        by_way_of(proxy, service, "alice") as alice,
        alice.updates(heartbeat=timedelta(seconds=5)) as stream,
    ):
        await anext(stream)
        # So that the test need not wait for as long as an application.
        stream._attempts._patience = 0.3
        proxy.abandon()
        await service.client("bob").send_message(dialog, "Hello")
        lost = await anext(stream)
        assert isinstance(lost, Disconnected)
        assert "nothing was heard" in str(lost.error)
        again = await anext(stream)
        assert isinstance(again, Connected)
        assert again.outcome is pb.ResumeOutcome.RESUMED
        update = await anext(stream)
        assert isinstance(update, pb.Update)
        assert update.message_created is not None


async def test_a_repeated_key_is_answered_with_the_first_answer(service: TestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    alice = service.client("alice")
    first = await alice.send_message(dialog, "Hello", idempotency_key="mine")
    again = await alice.send_message(dialog, "Hello", idempotency_key="mine")
    assert not replayed(first)
    assert replayed(again)
    assert first.message is not None
    assert again.message is not None
    assert first.message.message_id == again.message.message_id


async def test_what_was_missed_is_read_without_a_stream(service: TestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    alice, bob, store = service.client("alice"), service.client("bob"), MemoryStore()
    kinds = [pb.UpdateKind.MESSAGE_CREATED]
    assert [each async for each in alice.missed_updates(store, kinds=kinds)] == []
    assert store.token
    for number in range(3):
        await bob.send_message(dialog, f"{number}")
    found: list[str | None] = []
    async for update in alice.missed_updates(store, kinds=kinds):
        assert isinstance(update, pb.Update)
        assert update.message_created is not None
        assert update.message_created.message is not None
        found.append(update.message_created.message.content)
    assert found == ["0", "1", "2"]
    assert [each async for each in alice.missed_updates(store, kinds=kinds)] == []


async def test_a_broken_token_of_a_call_is_a_gap(service: TestService) -> None:
    alice, store = service.client("alice"), MemoryStore("broken")
    (gap,) = [each async for each in alice.missed_updates(store)]
    assert isinstance(gap, Gap)
    assert gap.reason == "ERROR_REASON_RESUME_TOKEN_INVALID"
    assert store.token not in {"", "broken"}


async def test_a_broken_token_of_a_stream_is_a_gap(service: TestService) -> None:
    store = MemoryStore("broken")
    async with service.client("alice").updates(store) as stream:
        events = [await anext(stream) for _ in range(3)]
    assert [type(event) for event in events] == [Disconnected, Connected, Gap]


async def test_pages_go_through_a_whole_list(service: TestService) -> None:
    dialogs = {service.add_dialog("alice", "bob") for _ in range(25)}
    alice = service.client("alice")
    listed = alice.dialogs(page_size=10)
    assert {dialog.dialog_id async for dialog in listed} == dialogs
    assert [len(page.dialogs) async for page in listed.pages()] == [10, 10, 5]
    assert len(await listed.first(12)) == 12
    assert await listed.first(0) == []


async def test_failures_have_the_class_of_their_reason(service: TestService) -> None:
    dialog = service.add_dialog("bob", "carl")
    with pytest.raises(NotAMemberError) as refused:
        await service.client("alice").send_message(dialog, "Hello")
    error = refused.value
    assert error.metadata["dialog_id"] == dialog
    assert error.request_id
    assert error.trailers["x-request-id"] == error.request_id
    with pytest.raises(AlreadyExistsError) as exists:
        await service.tenant_client().create_user("alice")
    assert exists.value.reason == "ERROR_REASON_USER_EXISTS"
    assert exists.value.resource is not None


async def test_a_back_end_follows_its_tenant(service: TestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    back_end = service.tenant_client()
    async with back_end.updates(kinds=[pb.UpdateKind.MESSAGE_CREATED]) as stream:
        await anext(stream)
        await service.client("bob").send_message(dialog, "Hello")
        told = [await anext(stream) for _ in range(2)]
    # One event, an update for each who is told; all of one update id would look like one.
    assert {each.user_id for each in told if isinstance(each, pb.Update)} == {"alice", "bob"}


async def test_a_service_that_restarts_is_found_again(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "token")
    async with running_service() as first:
        port = int(first.address.rpartition(":")[2])
        options = {"api_key": first.api_key, "tenant": first.tenant}
        alice = Chat3Client(first.address, user="alice", **options)
        back_end = TenantClient(first.address, **options)
        stream = alice.updates(store)
        assert isinstance(await anext(stream), Connected)
        assert len(await back_end.users().first(9)) == len(USERS)
    lost = await anext(stream)
    assert isinstance(lost, Disconnected)
    async with running_service(grpc_port=port):
        while not isinstance(await anext(stream), Connected):
            pass
        assert len(await back_end.users().first(9)) == len(USERS)
    await back_end.close()
    await alice.close()


async def test_a_back_end_acts_for_many_users_on_one_connection(
    service: TestService, proxy: Proxy
) -> None:
    dialog = service.add_dialog("alice", "bob")
    options = {"api_key": service.api_key, "tenant": service.tenant}
    async with TenantClient(f"127.0.0.1:{proxy.port}", **options) as back_end:
        for _ in range(3):
            for user in ("Alice", "bob"):
                async with back_end.as_user(user) as chat:
                    await chat.send_message(dialog, f"by {chat.user}")
        assert len(proxy.links) == 1
        written = [each async for each in back_end.as_user("bob").history(dialog)]
        assert sorted({(each.sender_id, each.content) for each in written}) == [
            ("alice", "by alice"),
            ("bob", "by bob"),
        ]
        updates = back_end.as_user("bob").updates()
        assert isinstance(await anext(updates), Connected)
        with pytest.raises(ValueError, match="a user is needed"):
            back_end.as_user("")
    assert [event async for event in updates] == []
    with pytest.raises(RuntimeError, match="closed"):
        await back_end.as_user("bob").get_myself()
