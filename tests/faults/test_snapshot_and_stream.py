"""The recipe of the contract: subscribe, read, then merge what comes; it gives a complete picture.

A machine of hypothesis writes as several users and as the tenant's back end, and breaks and resumes
the reader's stream at any moment. Whenever the stream has caught up, what the reader has merged by
the documented rules (`support.merging`) equals a fresh snapshot.
"""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import aiohttp
import pytest
from faults_following import Known, Reader
from grpclib.client import Channel
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from chat3_api.chat3.user.v1 import (
    MessageStatus,
    ReactionAction,
    SendMessageRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    UserServiceStub,
)
from chat3_embedded.demo import ALICE_BOB, API_KEY, GENERAL, TENANT
from chat3_embedded.generations import NEWEST, OLDEST, Capability, Generation
from chat3_embedded.publishing import UpdatePublisher
from chat3_embedded.server import serve
from chat3_embedded.settings import Settings
from chat3_user.app import running
from chat3_user.config import composed
from chat3_user.updates.memory_broker import MemoryBroker
from support.gateway import metadata

_READER = "alice"
_dialogs = st.sampled_from((GENERAL, ALICE_BOB))
_users = st.sampled_from(("alice", "bob"))
_statuses = st.sampled_from((MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.UNREAD))
_reactions = st.sampled_from(("👍", "☕"))
_actions = st.sampled_from((ReactionAction.SET, ReactionAction.UNSET))
_places = st.integers(0, 3)
_lengths = st.sampled_from((10, 4095, 4096, 5000))


class Late(UpdatePublisher):
    """Publishes to a broker that is there only once the service runs."""

    def __init__(self) -> None:
        self.broker: MemoryBroker | None = None

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        assert self.broker is not None
        await self.broker.publish(routing_key, body, headers, timestamp_ms)


def metadata_of(user: str) -> dict[str, str]:
    return metadata(user, tenant=TENANT, key=API_KEY)


class Following(RuleBasedStateMachine):
    """People write, react and read; a back end changes what it likes; the reader follows."""

    platform = ""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._sent: list[tuple[str, str]] = []
        self._topics: list[tuple[str, str]] = []
        self._members = {GENERAL: {"alice", "bob", "carl"}, ALICE_BOB: {"alice", "bob"}}
        self._numbers = count()

    @initialize()
    def begin(self) -> None:
        self._run(self._begin())

    async def _begin(self) -> None:
        publisher = Late()
        double = Settings(
            platform=self.platform, guard_window=0, typing_guard_window=0, counter_delay=0.01
        )
        self._url = await self._stack.enter_async_context(
            serve(publisher=publisher, settings=double, demo=True)
        )
        service = await self._stack.enter_async_context(
            running(composed(tenant_api_url=self._url, grpc_port=0, ops_port=0))
        )
        assert isinstance(service.broker, MemoryBroker)
        publisher.broker = service.broker
        headers = {"X-API-Key": API_KEY, "X-Tenant-Id": TENANT}
        self._http = await self._stack.enter_async_context(aiohttp.ClientSession(headers=headers))
        channel = await self._stack.enter_async_context(Channel("127.0.0.1", service.grpc_port))
        self._stub = UserServiceStub(channel)
        self._reader = Reader(self._stub, _READER, metadata_of)
        await self._reader.open()

    def _run(self, act: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(act)

    def _back_end(self, method: str, path: str, body: Any = None, *, may_fail: int = 0) -> Any:
        """Do what only the platform's own interface can do."""

        async def call() -> Any:
            async with self._http.request(method, self._url + path, json=body) as answer:
                assert answer.ok or answer.status == may_fail, await answer.text()
                return await answer.json()

        return self._run(call())

    def _text(self, length: int) -> str:
        """Return a text of its own; the platform cuts those of more than 4,096 characters."""
        return f"{next(self._numbers)} ".ljust(length, "x")

    def _one_sent(self, place: int) -> tuple[str, str] | None:
        return self._sent[-1 - place % len(self._sent)] if self._sent else None

    @rule(user=_users, dialog=_dialogs, length=_lengths, quote=st.none() | _places)
    def send(self, user: str, dialog: str, length: int, quote: int | None) -> None:
        if user not in self._members[dialog]:
            return
        quoted = None if quote is None else self._one_sent(quote)
        request = SendMessageRequest(
            dialog_id=dialog,
            content=self._text(length),
            quoted_message_id=quoted[1] if quoted and quoted[0] == dialog else None,
        )
        answer = self._run(self._stub.send_message(request, metadata=metadata_of(user)))
        assert answer.message is not None
        self._sent.append((dialog, answer.message.message_id))

    @rule(user=_users, status=_statuses, place=_places)
    def mark(self, user: str, status: MessageStatus, place: int) -> None:
        if (found := self._one_sent(place)) and user in self._members[found[0]]:
            request = SetMessageStatusRequest(
                dialog_id=found[0], message_id=found[1], status=status
            )
            self._run(self._stub.set_message_status(request, metadata=metadata_of(user)))

    @rule(user=_users, reaction=_reactions, action=_actions, place=_places)
    def react(self, user: str, reaction: str, action: ReactionAction, place: int) -> None:
        if (found := self._one_sent(place)) and user in self._members[found[0]]:
            request = SetMessageReactionRequest(
                dialog_id=found[0], message_id=found[1], reaction=reaction, action=action
            )
            self._run(self._stub.set_message_reaction(request, metadata=metadata_of(user)))

    @rule(place=_places, length=_lengths)
    def edit(self, place: int, length: int) -> None:
        if found := self._one_sent(place):
            body = {"content": self._text(length)}
            self._back_end("PUT", f"/api/messages/{found[1]}", body)

    @rule(place=_places, deleted=st.booleans())
    def delete(self, place: int, *, deleted: bool) -> None:
        can = Generation(self.platform).can(Capability.SOFT_DELETE)
        if can and (found := self._one_sent(place)):
            body = {"deleted": deleted, "deletedBy": "carl"}
            self._back_end("PATCH", f"/api/messages/{found[1]}", body)

    @rule(place=_places, key=st.sampled_from("ab"), gone=st.booleans())
    def change_meta_of_a_message(self, place: int, key: str, *, gone: bool) -> None:
        if found := self._one_sent(place):
            self._change_meta(f"message/{found[1]}/{key}", gone=gone)

    @rule(dialog=_dialogs, key=st.sampled_from(("a", "title")), gone=st.booleans())
    def change_meta_of_a_dialog(self, dialog: str, key: str, *, gone: bool) -> None:
        self._change_meta(f"dialog/{dialog}/{key}", gone=gone)

    @rule(key=st.sampled_from(("displayName", "a")))
    def change_the_profile(self, key: str) -> None:
        self._change_meta(f"user/{_READER}/{key}", gone=False)

    @rule(place=_places)
    def change_a_topic(self, place: int) -> None:
        if self._topics:
            dialog, topic_id = self._topics[-1 - place % len(self._topics)]
            body = {"meta": {"name": f"{next(self._numbers)}"}}
            self._back_end("PATCH", f"/api/dialogs/{dialog}/topics/{topic_id}", body)

    @rule(dialog=_dialogs)
    def look_at_a_dialog(self, dialog: str) -> None:
        if _READER in self._members[dialog]:
            path = f"/api/dialogs/{dialog}/members/{_READER}/unread"
            self._back_end("PATCH", path, {"unreadCount": 0})

    def _change_meta(self, where: str, *, gone: bool) -> None:
        if gone:
            self._back_end("DELETE", f"/api/meta/{where}", may_fail=404)
        else:
            self._back_end("PUT", f"/api/meta/{where}", {"value": next(self._numbers)})

    @rule(dialog=_dialogs)
    def add_a_topic(self, dialog: str) -> None:
        answer = self._back_end("POST", f"/api/dialogs/{dialog}/topics", {"meta": {"name": "t"}})
        self._topics.append((dialog, answer["data"]["topicId"]))

    @rule(place=_places, topic=_places, cleared=st.booleans())
    def move_to_a_topic(self, place: int, topic: int, *, cleared: bool) -> None:
        found = self._one_sent(place)
        if found and self._topics:
            dialog, topic_id = self._topics[-1 - topic % len(self._topics)]
            if dialog == found[0]:
                body = {"topicId": None if cleared else topic_id}
                path = f"/api/messages/{found[1]}/topic"
                # What has a topic gets no other, what has none cannot lose it.
                self._back_end("PATCH", path, body, may_fail=400)

    @rule(dialog=_dialogs, user=st.sampled_from(("alice", "carl")))
    def add_or_remove_a_member(self, dialog: str, user: str) -> None:
        members = self._members[dialog]
        if user in members:
            members.remove(user)
            self._back_end("POST", f"/api/dialogs/{dialog}/members/{user}/remove")
        else:
            members.add(user)
            self._back_end("POST", f"/api/dialogs/{dialog}/members/add", {"userId": user})

    @rule(dialog=_dialogs)
    def read_all(self, dialog: str) -> None:
        if _READER in self._members[dialog]:
            self._back_end("POST", f"/api/users/{_READER}/dialogs/{dialog}/markAllRead")

    @rule()
    def break_off(self) -> None:
        self._run(self._reader.close())

    @rule()
    def resume(self) -> None:
        async def again() -> None:
            await self._reader.close()
            await self._reader.open()

        self._run(again())

    @rule()
    def compare(self) -> None:
        self.resume()
        self._run(self._reader.agrees(self._known))

    async def _known(self) -> Known:
        async with self._http.get(f"{self._url}/api/users/{_READER}") as answer:
            user = (await answer.json())["data"]
        stats = user["stats"]
        counters = stats["totalUnreadCount"], stats["unreadDialogsCount"]
        return {"counters": counters, "profile": user["meta"]}

    def teardown(self) -> None:
        async def end() -> None:
            if hasattr(self, "_reader"):
                await self._reader.close()
            await self._stack.aclose()

        if hasattr(self, "_reader"):
            self.compare()
        self._run(end())
        self._runner.close()


# The oldest platform keeps edits in meta and deletes nothing; the newest reads in the background.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("platform", [OLDEST, "0.0.85", NEWEST])
def test_snapshot_and_stream_equal_a_fresh_snapshot(platform: str) -> None:
    machine = type("Following", (Following,), {"platform": platform})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
