"""A reader that follows the recipe of the contract, and what it compares its picture with."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from grpclib.const import Status
from grpclib.exceptions import GRPCError

from chat3_api.chat3.user.v1 import (
    Dialog,
    GetDialogMessagesRequest,
    GetUserDialogsRequest,
    Message,
    SubscribeUpdatesRequest,
    Update,
    UserServiceStub,
)
from support.merging import (
    Picture,
    Read,
    ReadDialog,
    ReadMessages,
    merge,
    put_dialog,
    put_messages,
)
from support.patience import HANGS

_DIALOG_PARTS = ("dialog_id", "member_count", "meta", "title", "create_time")
_LAST_PARTS = ("message_id", "content", "sender_id", "type")
_MESSAGE_PARTS = (
    *("message_id", "dialog_id", "sender_id", "type", "content", "meta", "create_time", "mine"),
    *("edited", "edit_time", "edited_by", "deleted", "delete_time", "deleted_by"),
    *("topic_id", "quoted_message", "reactions", "status_counts"),
)

_LOOK_AGAIN: Final = 0.5
"""Seconds until a picture that differs is compared again, although nothing has come."""

Known = dict[str, Any]
"""What no call of the contract reads: the user's counters and custom data, by these names."""


class Reader:
    """Follows one user: subscribes, reads, merges; what a merge asks for is read at once."""

    def __init__(
        self, stub: UserServiceStub, user_id: str, metadata: Callable[[str], dict[str, str]]
    ) -> None:
        self.picture = Picture(user_id)
        self._stub = stub
        self._metadata = metadata(user_id)
        self._token = ""
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()

    async def open(self) -> None:
        """Subscribe; without a token read a snapshot once the stream is established."""
        fresh = not self._token
        established, ready = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._follow(established, ready))
        await established.wait()
        if fresh:
            self.picture = await self.snapshot()
        ready.set()

    async def _follow(self, established: asyncio.Event, ready: asyncio.Event) -> None:
        request = SubscribeUpdatesRequest(resume_token=self._token)
        async for response in self._stub.subscribe_updates(request, metadata=self._metadata):
            assert response.gap is None
            if response.connection_established is not None:
                established.set()
            elif response.update is not None:
                await ready.wait()
                await self._merge(response.update)
            self._token = response.resume_token
            async with self._changed:
                self._changed.notify_all()

    async def _merge(self, update: Update) -> None:
        put = [await self._read(what) for what in merge(self.picture, update)]
        for found in put:
            found(self.picture)

    async def _read(self, what: Read) -> Callable[[Picture], None]:
        """Read what a merge asks for; return what puts it into the picture."""
        match what:
            case ReadDialog(dialog_id):
                request = GetUserDialogsRequest(
                    filter=f"(dialog_id,eq,{dialog_id})", include_last_message=True
                )
                answer = await self._stub.get_user_dialogs(request, metadata=self._metadata)
                found = answer.dialogs[0] if answer.dialogs else None
                return lambda picture: put_dialog(picture, dialog_id, found)
            case ReadMessages(dialog_id, message_id):
                try:
                    messages = await self._messages(dialog_id, message_id)
                except GRPCError as error:
                    # No member any more: the update that says so is on its way, or is this one.
                    if error.status is not Status.PERMISSION_DENIED:
                        raise
                    messages = []
                return lambda picture: put_messages(picture, messages)

    async def _messages(self, dialog_id: str, message_id: str = "") -> list[Message]:
        filter_ = f"(message_id,eq,{message_id})" if message_id else ""
        request = GetDialogMessagesRequest(dialog_id=dialog_id, page_size=100, filter=filter_)
        answer = await self._stub.get_dialog_messages(request, metadata=self._metadata)
        return answer.messages

    async def close(self) -> None:
        """Break the stream; the token stays."""
        if self._task is not None:
            self._task.cancel()
            (outcome,) = await asyncio.gather(self._task, return_exceptions=True)
            if isinstance(outcome, Exception):
                raise outcome

    async def snapshot(self) -> Picture:
        """Read everything there is to show."""
        picture = Picture(self.picture.user_id, profile=self.picture.profile)
        request = GetUserDialogsRequest(page_size=100, include_last_message=True)
        dialogs = await self._stub.get_user_dialogs(request, metadata=self._metadata)
        for dialog in dialogs.dialogs:
            put_dialog(picture, dialog.dialog_id, dialog)
            put_messages(picture, await self._messages(dialog.dialog_id))
        return picture

    async def agrees(self, known: Callable[[], Awaitable[Known]]) -> None:
        """Wait until the picture equals a fresh snapshot; fail when nothing more comes.

        ``known`` asks the platform for what no call of the contract reads.
        """
        loop = asyncio.get_running_loop()
        hangs_at = loop.time() + HANGS
        while different := await self._different(known):
            assert loop.time() < hangs_at, different
            # What comes while the snapshot is read stands in the picture alone: it is read again.
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN), self._changed:
                    await self._changed.wait()
                    hangs_at = loop.time() + HANGS

    async def _different(self, known: Callable[[], Awaitable[Known]]) -> dict[str, Any]:
        """Return what is not as it should be, as it is and as it should be."""
        wanted, have = shown(await self.snapshot(), self.picture), shown(self.picture)
        stats, profile = self.picture.stats, self.picture.profile
        told = await known()
        if stats is not None:
            wanted["counters"] = told["counters"]
            have["counters"] = stats.total_unread_count, stats.unread_dialog_count
        if profile is not None:
            wanted["profile"], have["profile"] = told["profile"], _plain(profile.meta)
        names = sorted(have.keys() | wanted.keys())
        for name in have.keys() & wanted.keys():
            if "create_time" in wanted[name] and wanted[name]["create_time"] is None:
                # Lists of older platforms do not say when a dialog was created; updates do.
                have[name]["create_time"] = None
        return {
            name: (have.get(name), wanted.get(name))
            for name in names
            if have.get(name) != wanted.get(name)
        }


def shown(picture: Picture, known: Picture | None = None) -> dict[str, Any]:
    """Return what the rules promise of a picture, without what ``known`` was never told."""
    untold = (known or picture).untold
    return {
        **{name: _dialog(dialog) for name, dialog in picture.dialogs.items()},
        **{
            name: _message(message, untold.get(name, frozenset()))
            for name, message in picture.messages.items()
        },
    }


def _dialog(dialog: Dialog) -> dict[str, Any]:
    own, last, stats = dialog.membership, dialog.last_message, dialog.stats
    parts = {name: _plain(getattr(dialog, name)) for name in _DIALOG_PARTS}
    if own is not None:
        parts |= {"unread": own.unread_count, "seen": own.last_seen_time}
    if last is not None:
        parts["last"] = {name: _plain(getattr(last, name)) for name in _LAST_PARTS}
        parts["last deleted"] = (last.deleted, last.delete_time, last.deleted_by)
    if stats is not None:
        parts["topics"] = stats.topic_count
    return parts


def _message(message: Message, untold: frozenset[str]) -> dict[str, Any]:
    return {name: _plain(getattr(message, name)) for name in _MESSAGE_PARTS if name not in untold}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return sorted((_plain(row) for row in value), key=repr)
    return value.to_dict() if hasattr(value, "to_dict") else copy.copy(value)
