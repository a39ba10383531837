"""The recipe of the contract: subscribe, read, then apply what comes; it gives a complete picture.

A machine of hypothesis writes as several users, and breaks and resumes the reader's stream at any
moment. Whenever the stream has caught up, what the reader has folded together equals a fresh
snapshot.
"""

import asyncio
from contextlib import AsyncExitStack
from itertools import count
from typing import Any

import pytest
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
    GetDialogMessagesRequest,
    GetUserDialogsRequest,
    Message,
    MessageStatus,
    ReactionAction,
    SendMessageRequest,
    SetMessageReactionRequest,
    SetMessageStatusRequest,
    SubscribeUpdatesRequest,
    Update,
    UpdateType,
    UserServiceStub,
)
from chat3_embedded.demo import ALICE_BOB, API_KEY, GENERAL, TENANT
from chat3_user.app import running
from chat3_user.config import Config
from support.gateway import metadata

_READER = "alice"
_dialogs = st.sampled_from((GENERAL, ALICE_BOB))
_users = st.sampled_from(("alice", "bob"))
_statuses = st.sampled_from((MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.UNREAD))
_reactions = st.sampled_from(("👍", "☕"))
_actions = st.sampled_from((ReactionAction.SET, ReactionAction.UNSET))

Picture = dict[str, Any]
"""By message id what it says, its reactions and its statuses; by dialog id what is unread."""


def shown(message: Message) -> dict[str, Any]:
    """Return what a reader shows of a message."""
    return {
        "content": message.content,
        "sender": message.sender_id,
        "reactions": {row.reaction: row.count for row in message.reactions},
        "statuses": statuses_of(message),
    }


def statuses_of(message: Message) -> dict[str, int]:
    return {f"{row.status_name} {row.user_type}": row.count for row in message.status_counts}


def apply(picture: Picture, update: Update) -> None:
    """Fold an update into a picture."""
    if update.type is UpdateType.MESSAGE and update.message and update.message.message:
        message = update.message.message
        # A new message's statuses are in no update until somebody gives it one.
        entry = picture.setdefault(message.message_id, {"reactions": {}, "statuses": None})
        entry.update(content=message.content, sender=message.sender_id)
    elif update.type is UpdateType.MESSAGE_REACTION and update.message_reaction:
        message = update.message_reaction.message or Message()
        rows = {row.reaction: row.count for row in message.reactions}
        picture[message.message_id]["reactions"] = rows
    elif update.type is UpdateType.MESSAGE_STATUS and update.message_status:
        message = update.message_status.message or Message()
        picture[message.message_id]["statuses"] = statuses_of(message)
    elif update.type is UpdateType.MEMBER and update.member and update.member.dialog is not None:
        member, dialog = update.member, update.member.dialog
        if member.user_id == _READER and member.unread_count is not None:
            picture[dialog.dialog_id] = member.unread_count


class Reader:
    """Follows one user by the recipe."""

    def __init__(self, stub: UserServiceStub) -> None:
        self.picture: Picture = {}
        self._stub = stub
        self._token = ""
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def open(self) -> None:
        """Subscribe; without a token read a snapshot once the stream is established."""
        fresh = not self._token
        established = asyncio.Event()
        kept_back: list[Update] = []
        ready = asyncio.Event()
        self._task = asyncio.create_task(self._follow(established, ready, kept_back))
        await established.wait()
        if fresh:
            self.picture = await self.snapshot()
        for update in kept_back:
            apply(self.picture, update)
        ready.set()

    async def _follow(
        self, established: asyncio.Event, ready: asyncio.Event, kept_back: list[Update]
    ) -> None:
        request = SubscribeUpdatesRequest(resume_token=self._token)
        async for response in self._stub.subscribe_updates(request, metadata=metadata_of(_READER)):
            self._token = response.resume_token
            assert response.gap is None
            if response.connection_established is not None:
                established.set()
            elif response.update is not None and not ready.is_set():
                kept_back.append(response.update)
            elif response.update is not None:
                apply(self.picture, response.update)
            async with self._changed:
                self._changed.notify_all()

    async def close(self) -> None:
        """Break the stream; the token stays."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def snapshot(self) -> Picture:
        """Read everything there is to show."""
        picture: Picture = {}
        dialogs = await self._stub.get_user_dialogs(
            GetUserDialogsRequest(limit=100), metadata=metadata_of(_READER)
        )
        for dialog in dialogs.dialogs:
            if dialog.membership is not None:
                picture[dialog.dialog_id] = dialog.membership.unread_count
            page = await self._stub.get_dialog_messages(
                GetDialogMessagesRequest(dialog_id=dialog.dialog_id, limit=100),
                metadata=metadata_of(_READER),
            )
            picture.update({message.message_id: shown(message) for message in page.messages})
        return picture

    def _as_known(self, snapshot: Picture) -> Picture:
        """Leave out the statuses that no update has told yet."""
        for key, entry in self.picture.items():
            if isinstance(entry, dict) and entry["statuses"] is None and key in snapshot:
                snapshot[key]["statuses"] = None
        return snapshot

    async def agrees(self) -> None:
        """Wait until the picture equals a fresh snapshot; fail when nothing more comes."""
        while (wanted := self._as_known(await self.snapshot())) != self.picture:
            try:
                async with asyncio.timeout(3), self._changed:
                    await self._changed.wait()
            except TimeoutError:
                assert self.picture == wanted


def metadata_of(user: str) -> dict[str, str]:
    return metadata(user, tenant=TENANT, key=API_KEY)


class Following(RuleBasedStateMachine):
    """People write, react and read; the reader's stream breaks and goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._sent: list[tuple[str, str]] = []
        self._numbers = count()

    @initialize()
    def begin(self) -> None:
        self._runner.run(self._begin())

    async def _begin(self) -> None:
        service = await self._stack.enter_async_context(
            running(Config(demo=True, grpc_port=0, ops_port=0))
        )
        channel = await self._stack.enter_async_context(Channel("127.0.0.1", service.grpc_port))
        self._stub = UserServiceStub(channel)
        self._reader = Reader(self._stub)
        await self._reader.open()

    @rule(user=_users, dialog=_dialogs)
    def send(self, user: str, dialog: str) -> None:
        request = SendMessageRequest(dialog_id=dialog, content=f"number {next(self._numbers)}")
        answer = self._runner.run(self._stub.send_message(request, metadata=metadata_of(user)))
        assert answer.message is not None
        self._sent.append((dialog, answer.message.message_id))

    @rule(user=_users, status=_statuses, place=st.integers(0, 3))
    def mark(self, user: str, status: MessageStatus, place: int) -> None:
        if self._sent:
            dialog, message = self._sent[-1 - place % len(self._sent)]
            request = SetMessageStatusRequest(dialog_id=dialog, message_id=message, status=status)
            self._runner.run(self._stub.set_message_status(request, metadata=metadata_of(user)))

    @rule(user=_users, reaction=_reactions, action=_actions, place=st.integers(0, 3))
    def react(self, user: str, reaction: str, action: ReactionAction, place: int) -> None:
        if self._sent:
            dialog, message = self._sent[-1 - place % len(self._sent)]
            request = SetMessageReactionRequest(
                dialog_id=dialog, message_id=message, reaction=reaction, action=action
            )
            self._runner.run(self._stub.set_message_reaction(request, metadata=metadata_of(user)))

    @rule()
    def break_off(self) -> None:
        self._runner.run(self._reader.close())

    @rule()
    def resume(self) -> None:
        async def again() -> None:
            await self._reader.close()
            await self._reader.open()

        self._runner.run(again())

    @rule()
    def compare(self) -> None:
        self.resume()
        self._runner.run(self._reader.agrees())

    def teardown(self) -> None:
        async def end() -> None:
            if hasattr(self, "_reader"):
                await self._reader.close()
            await self._stack.aclose()

        if hasattr(self, "_reader"):
            self.compare()
        self._runner.run(end())
        self._runner.close()


@pytest.mark.timeout(300)
def test_snapshot_and_stream_equal_a_fresh_snapshot() -> None:
    run_state_machine_as_test(
        Following,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
