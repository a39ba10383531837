"""What a live store shows equals a fresh snapshot, whoever wrote and whatever broke meanwhile."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, contextmanager
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chat3_api.chat3.user import v1 as pb
from chat3_client import Chat3Client, Chat3Error, LiveStore, LocalStore, data
from chat3_client.testing import TestService, running_service
from support.faults.proxy import Proxy
from support.patience import HANGS

USERS: Final = ("alice", "bob", "carl")
_DIALOG_PARTS = ("dialog_id", "member_count", "title", "create_time")
_MESSAGE_PARTS = (
    *("message_id", "sender_id", "type", "content", "create_time", "mine", "edited", "edit_time"),
    *("edited_by", "deleted", "delete_time", "deleted_by", "topic_id"),
)


def shown(store: LocalStore) -> dict[str, Any]:
    """Return what is promised of a store: not statuses, which others change unseen."""
    dialogs = {dialog.dialog_id: _dialog(dialog) for dialog in store.dialogs}
    for dialog_id, dialog in dialogs.items():
        dialog["messages"] = [_message(each) for each in store.messages(dialog_id)]
    stats = store.stats
    counters = (stats.total_unread_count, stats.unread_dialog_count) if stats else None
    profile = store.profile.display_name if store.profile else None
    return {"dialogs": dialogs, "counters": counters, "profile": profile}


def _dialog(dialog: pb.Dialog) -> dict[str, Any]:
    parts: dict[str, Any] = {name: getattr(dialog, name) for name in _DIALOG_PARTS}
    own, last = dialog.membership, dialog.last_message
    return parts | {
        "meta": data(dialog.meta),
        "unread": own.unread_count if own is not None else None,
        "last": (last.message_id, last.content, last.deleted) if last is not None else None,
        "topics": dialog.stats.topic_count if dialog.stats is not None else None,
    }


def _message(message: pb.Message) -> dict[str, Any]:
    parts: dict[str, Any] = {name: getattr(message, name) for name in _MESSAGE_PARTS}
    quoted = message.quoted_message
    return parts | {
        "meta": data(message.meta),
        "reactions": sorted((row.reaction, row.count, row.mine) for row in message.reactions),
        "quotes": quoted.message_id if quoted is not None else None,
    }


async def snapshot(chat: Chat3Client) -> LocalStore:
    """Read everything there is to show."""
    store = LocalStore(chat.user, keep_all=True)
    myself = await chat.get_myself()
    store.put_myself(myself.user, myself.stats)
    store.put_dialogs([each async for each in chat.dialogs(include_last_message=True)])
    for dialog in store.dialogs:
        store.put_messages([each async for each in chat.history(dialog.dialog_id)])
    return store


class World:
    """A service, its users, one of whom follows by way of a proxy, and what they have done."""

    def __init__(self, service: TestService, proxy: Proxy) -> None:
        self.proxy = proxy
        self.dialogs = [service.add_dialog(*USERS, title="All"), service.add_dialog("alice", "bob")]
        self.users = {user: service.client(user) for user in USERS}
        follower = Chat3Client(
            f"127.0.0.1:{proxy.port}", api_key=service.api_key, tenant=service.tenant, user="alice"
        )
        self.follower = follower
        self.store = LiveStore(follower, history=100, open_all=True)
        self.sent: list[tuple[str, str]] = []
        self.topics: list[tuple[str, str]] = []
        self.changed = asyncio.Condition()
        self.opened = asyncio.Event()

    async def follow(self) -> None:
        async for _ in self.store:
            self.opened.set()
            async with self.changed:
                self.changed.notify_all()

    async def agrees(self) -> None:
        """Wait until the store shows what a fresh snapshot shows."""
        loop = asyncio.get_running_loop()
        end = loop.time() + HANGS
        while (have := shown(self.store)) != (fresh := shown(await snapshot(self.users["alice"]))):
            assert loop.time() < end, (have, fresh)
            try:
                async with asyncio.timeout(0.5), self.changed:
                    await self.changed.wait()
            except TimeoutError:
                continue

    def one_sent(self, place: int) -> tuple[str, str] | None:
        return self.sent[-1 - place % len(self.sent)] if self.sent else None

    async def do(self, deed: str, user: str, place: int, text: str) -> None:
        await DEEDS[deed](self, self.users[user], place, text)


async def _send(world: World, chat: Chat3Client, place: int, text: str) -> None:
    dialog = world.dialogs[place % 2]
    quoted = world.one_sent(place)
    answer = await chat.send_message(
        dialog,
        text,
        meta={"place": place},
        quoted_message_id=quoted[1] if quoted and quoted[0] == dialog and place % 3 else None,
    )
    assert answer.message is not None
    world.sent.append((dialog, answer.message.message_id))


def _on_message(call: str, **more: Any) -> Callable[..., Any]:
    """Do something with a message that somebody sent."""

    async def deed(world: World, chat: Chat3Client, place: int, text: str) -> None:
        found = world.one_sent(place)
        if found is not None:
            arguments = [text] if call == "edit_message" else []
            await getattr(chat, call)(*found, *arguments, **more)

    return deed


async def _add_topic(world: World, chat: Chat3Client, place: int, text: str) -> None:
    dialog = world.dialogs[place % 2]
    answer = await chat.create_topic(dialog, meta={"name": text})
    assert answer.topic is not None
    world.topics.append((dialog, answer.topic.topic_id))


async def _move(world: World, chat: Chat3Client, place: int, _: str) -> None:
    found = world.one_sent(place)
    topics = [topic for dialog, topic in world.topics if found and dialog == found[0]]
    if found is not None and topics:
        await chat.set_message_topic(*found, topic_id=topics[-1])


async def _cut(world: World, _: Chat3Client, __: int, ___: str) -> None:
    world.proxy.cut()


DEEDS: Final[Mapping[str, Callable[..., Any]]] = {
    "send": _send,
    "edit": _on_message("edit_message"),
    "delete": _on_message("delete_message"),
    "restore": _on_message("restore_message"),
    "react": _on_message("set_message_reaction", reaction="👍", action=pb.ReactionAction.SET),
    "unreact": _on_message("set_message_reaction", reaction="👍", action=pb.ReactionAction.UNSET),
    "read": _on_message("set_message_status", status=pb.MessageStatus.READ),
    "read all": lambda world, chat, place, _: chat.mark_dialog_read(world.dialogs[place % 2]),
    "change meta": lambda world, chat, place, text: chat.update_dialog_meta(
        world.dialogs[place % 2], meta={"title": text}
    ),
    "change profile": lambda _, chat, __, text: chat.update_my_meta(meta={"displayName": text}),
    "create": lambda _, chat, __, text: chat.create_dialog(
        member_ids=["alice"], meta={"title": text}
    ),
    "remove": lambda world, chat, place, _: chat.remove_dialog_member(
        world.dialogs[place % 2], USERS[place % 3]
    ),
    "add": lambda world, chat, place, _: chat.add_dialog_members(
        world.dialogs[place % 2], [USERS[place % 3]]
    ),
    "type": lambda world, chat, place, _: chat.send_typing_indicator(world.dialogs[place % 2]),
    "add topic": _add_topic,
    "move": _move,
    "cut": _cut,
}

deeds = st.lists(
    st.tuples(
        st.sampled_from(("send", "send", *DEEDS)),
        st.sampled_from(USERS),
        st.integers(0, 5),
        st.sampled_from(("short", "x" * 4096, "y" * 5000)),
    ),
    min_size=5,
    max_size=25,
)


@contextmanager
def refusals_allowed() -> Iterator[None]:
    """Take a refusal as an answer, and nothing else."""
    try:
        yield
    except Chat3Error as error:
        if error.transient or not error.reason:
            raise


async def _live(done: list[tuple[str, str, int, str]]) -> None:
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(running_service())
        port = int(service.address.rpartition(":")[2])
        proxy = await stack.enter_async_context(Proxy(port).running())
        world = World(service, proxy)
        await stack.enter_async_context(world.follower)
        following = asyncio.create_task(world.follow())
        stack.push_async_callback(_ended, following)
        await world.opened.wait()
        for number, (deed, user, place, text) in enumerate(done):
            # Who was removed may not; the last member cannot go; a title may be too long.
            with refusals_allowed():
                await world.do(deed, user, place, f"{number} {text}"[:5000])
        await world.agrees()


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    (outcome,) = await asyncio.gather(task, return_exceptions=True)
    assert isinstance(outcome, asyncio.CancelledError), outcome


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(deeds)
def test_a_live_store_equals_a_fresh_snapshot(done: list[tuple[str, str, int, str]]) -> None:
    asyncio.run(_live(done))


async def test_a_store_keeps_the_messages_of_opened_dialogs_only(service: TestService) -> None:
    dialogs = [service.add_dialog("alice", "bob") for _ in range(2)]
    alice, bob = service.client("alice"), service.client("bob")
    for dialog in dialogs:
        for number in range(5):
            await bob.send_message(dialog, f"{number}")
    live = LiveStore(alice, history=2)
    events = aiter(live)
    await anext(events)
    assert [each.content for each in await live.open_dialog(dialogs[0])] == ["3", "4"]
    assert await live.load_older(dialogs[0])
    assert [each.content for each in live.messages(dialogs[0])] == ["1", "2", "3", "4"]
    assert not await live.load_older(dialogs[0])
    assert len(live.messages(dialogs[0])) == 5
    assert live.messages(dialogs[1]) == []
    for dialog in dialogs:
        await bob.send_message(dialog, "new")
    while {each.last_message.content for each in live.dialogs if each.last_message} != {"new"}:
        await anext(events)
    assert live.messages(dialogs[0])[-1].content == "new"
    assert live.messages(dialogs[1]) == []
    await events.aclose()


async def test_a_closed_dialog_leaves_no_messages_in_memory(service: TestService) -> None:
    dialogs = [service.add_dialog("alice", "bob") for _ in range(2)]
    alice, bob = service.client("alice"), service.client("bob")
    for dialog in dialogs:
        for number in range(3):
            await bob.send_message(dialog, f"{number}")
    live = LiveStore(alice, history=2)
    events = aiter(live)
    await anext(events)
    for dialog in dialogs:
        await live.open_dialog(dialog)
    live.close_dialog(dialogs[0])
    assert live.messages(dialogs[0]) == []
    assert not await live.load_older(dialogs[0])
    for dialog in dialogs:
        await bob.send_message(dialog, "new")
    while {each.last_message.content for each in live.dialogs if each.last_message} != {"new"}:
        await anext(events)
    assert live.messages(dialogs[0]) == []
    assert [each.content for each in live.messages(dialogs[1])] == ["1", "2", "new"]
    assert [each.content for each in await live.open_dialog(dialogs[0])] == ["2", "new"]
    await events.aclose()


async def test_what_was_handed_out_never_changes(service: TestService) -> None:
    dialog = service.add_dialog("alice", "bob")
    alice, bob = service.client("alice"), service.client("bob")
    sent = (await bob.send_message(dialog, "before")).message
    assert sent is not None
    live = LiveStore(alice, open_all=True)
    events = aiter(live)
    await anext(events)
    before = live.message(sent.message_id)
    await bob.edit_message(dialog, sent.message_id, "after")
    while (now := live.message(sent.message_id)) is before:
        await anext(events)
    assert before is not None
    assert now is not None
    assert (before.content, now.content) == ("before", "after")
    await events.aclose()


async def test_a_store_of_a_client_by_token_learns_whose_it_is(service: TestService) -> None:
    service.add_dialog("alice", "bob")
    tokens = service.tenant_client().token_source("alice")
    live = LiveStore(service.client("", api_key="", token=tokens))
    events = aiter(live)
    await anext(events)
    assert live.user_id == "alice"
    await events.aclose()


async def test_reads_are_repeated_until_the_service_is_back(
    service: TestService, proxy: Proxy
) -> None:
    dialog = service.add_dialog("alice", "bob")
    address = f"127.0.0.1:{proxy.port}"
    options = {"api_key": service.api_key, "tenant": service.tenant, "user": "alice"}
    async with Chat3Client(address, timeout=0.5, **options) as alice:  # type: ignore[arg-type]
        live = LiveStore(alice, open_all=True)
        events = aiter(live)
        await anext(events)
        proxy.refusing = True
        proxy.cut()
        await service.client("bob").send_message(dialog, "Hello")
        waiting = asyncio.create_task(anext(events))
        await asyncio.wait({waiting}, timeout=0.7)
        proxy.flow()
        await waiting
        async with asyncio.timeout(HANGS):
            while not live.messages(dialog):
                await anext(events)
        await events.aclose()


@pytest.fixture(autouse=True)
def _no_debug_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING")
