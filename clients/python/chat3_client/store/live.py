"""A local store that keeps itself up to date: follows the stream, reads what the rules ask for."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, Protocol

from chat3_api.chat3.user.v1 import (
    Dialog,
    GetDialogMessagesResponse,
    GetDialogResponse,
    GetMessageResponse,
    GetMyselfResponse,
    Message,
    ResumeOutcome,
    Update,
)
from chat3_client.failures import Chat3Error, NotFoundError, PermissionDeniedError
from chat3_client.pages import Pages
from chat3_client.retry import Backoff
from chat3_client.store.local_store import LocalStore
from chat3_client.store.reads import Read, ReadDialog, ReadHistory, ReadMessage
from chat3_client.updates.events import Connected, Event, Gap
from chat3_client.updates.following import UpdateStream
from chat3_client.updates.resume import ResumeStore

_log = logging.getLogger(__name__)

_PAGE: Final = 100


class Reading(Protocol):
    """The calls that a live store makes; `Chat3Client` has them."""

    @property
    def user(self) -> str:
        """The user who sees what is read."""

    def updates(self, store: ResumeStore | None) -> UpdateStream:
        """Follow what changes."""

    def dialogs(self, *, include_last_message: bool, page_size: int) -> Pages[Dialog, Any]:
        """List the dialogs."""

    async def get_myself(self) -> GetMyselfResponse:
        """Read the user's own profile and counters."""

    async def get_dialog(self, dialog_id: str, *, include_last_message: bool) -> GetDialogResponse:
        """Read one dialog."""

    async def get_message(self, dialog_id: str, message_id: str) -> GetMessageResponse:
        """Read one message."""

    async def get_dialog_messages(
        self, dialog_id: str, *, page_size: int, page_token: str
    ) -> GetDialogMessagesResponse:
        """Read a page of a history, newest first."""


class LiveStore(LocalStore):
    """Iterate over it: each event is handed out when the store has dealt with it.

    After the first `Connected` all dialogs are there, and of opened ones the newest messages. After
    a `Gap` they were read again. A read that fails for a while is repeated until it succeeds.

    ``history`` is how many messages are read of a dialog that is opened; ``open_all`` opens all.
    ``resume`` keeps the stream's token from start to start: then the application also gets the
    events that it missed, beside a store that was read anew.
    """

    def __init__(
        self,
        client: Reading,
        *,
        history: int = 50,
        open_all: bool = False,
        resume: ResumeStore | None = None,
    ) -> None:
        super().__init__(client.user, keep_all=open_all)
        self._client = client
        self._resume = resume
        self._history = history
        self._older: dict[str, str] = {}
        self._loaded = False

    async def __aiter__(self) -> AsyncGenerator[Event, None]:
        """Follow the stream for ever; yield each event after it was merged.

        Raises `Chat3Error` when the stream fails for good.
        """
        async with self._client.updates(self._resume) as stream:
            async for event in stream:
                await self._take(event)
                yield event

    async def open_dialog(self, dialog_id: str) -> list[Message]:
        """Read the newest messages of a dialog and keep them up to date; return them, oldest first.

        Raises `Chat3Error`.
        """
        self.open(dialog_id)
        await self._read_history(dialog_id)
        return self.messages(dialog_id)

    def close_dialog(self, dialog_id: str) -> None:
        """Forget the messages of a dialog, and keep none from now on; the dialog itself stays."""
        super().close_dialog(dialog_id)
        self._older.pop(dialog_id, None)

    async def load_older(self, dialog_id: str) -> bool:
        """Read a page of older messages; return whether there are more still.

        Raises `Chat3Error`.
        """
        token = self._older.get(dialog_id, "")
        if token:
            with self.reading():
                page = await self._page(dialog_id, token)
                self.put_messages(page.messages)
            self._older[dialog_id] = page.next_page_token
        return bool(self._older.get(dialog_id))

    async def _take(self, event: Event) -> None:
        match event:
            case Connected() if event.outcome is ResumeOutcome.FRESH or not self._loaded:
                await self._insist(self._read_all)
            case Gap():
                await self._insist(self._read_all)
            case Update():
                await self._take_update(event)
            case _:
                pass

    async def _take_update(self, update: Update) -> None:
        reads = self.apply(update)
        created = update.message_created
        if created is not None and created.message is not None:
            # Its time, its quote and its status counts are in no update.
            message = created.message
            if self.unknown_fields(message.message_id):
                reads.append(ReadMessage(message.dialog_id, message.message_id))
        for read in dict.fromkeys(reads):
            await self._insist(lambda read=read: self._read(read))  # type: ignore[misc]

    async def _insist(self, read: Callable[[], Any]) -> None:
        """Read, again and again while the service is away."""
        backoff = Backoff()
        while True:
            try:
                await read()
            except Chat3Error as error:
                if not error.transient and error.status.name != "DEADLINE_EXCEEDED":
                    raise
                pause = backoff.next(error.retry_after)
                _log.info("reading failed, again in %.2f s: %s", pause, error)
                await asyncio.sleep(pause)
            else:
                return

    async def _read(self, read: Read) -> None:
        match read:
            case ReadDialog(dialog_id):
                await self._read_dialog(dialog_id)
            case ReadHistory(dialog_id):
                if self.is_open(dialog_id):
                    await self._read_history(dialog_id)
            case ReadMessage(dialog_id, message_id):
                await self._read_message(dialog_id, message_id)

    async def _read_all(self) -> None:
        with self.reading():
            myself = await self._client.get_myself()
            self.put_myself(myself.user, myself.stats)
            dialogs = [
                dialog
                async for dialog in self._client.dialogs(include_last_message=True, page_size=_PAGE)
            ]
            self.put_dialogs(dialogs)
        for dialog in self.dialogs:
            if self.is_open(dialog.dialog_id):
                await self._read_history(dialog.dialog_id)
        self._loaded = True

    async def _read_dialog(self, dialog_id: str) -> None:
        with self.reading():
            try:
                found = await self._client.get_dialog(dialog_id, include_last_message=True)
            except (PermissionDeniedError, NotFoundError):
                self.put_dialog(dialog_id, None)
            else:
                self.put_dialog(dialog_id, found.dialog)

    async def _read_message(self, dialog_id: str, message_id: str) -> None:
        with self.reading():
            try:
                found = await self._client.get_message(dialog_id, message_id)
            except (PermissionDeniedError, NotFoundError):
                return  # no member any more: an update says so
            if found.message is not None:
                self.put_messages([found.message])

    async def _read_history(self, dialog_id: str) -> None:
        """Read the newest messages: at least as far back as they are known."""
        known = {message.message_id for message in self.messages(dialog_id)}
        wanted = max(self._history, len(known))
        found: list[Message] = []
        token = ""
        with self.reading():
            try:
                while True:
                    page = await self._page(dialog_id, token)
                    found += page.messages
                    token = page.next_page_token
                    known -= {message.message_id for message in page.messages}
                    if not token or (len(found) >= wanted and not known):
                        break
            except (PermissionDeniedError, NotFoundError):
                return  # no member any more: an update says so
            self.put_messages(found)
        if self.is_open(dialog_id):
            self._older[dialog_id] = token

    async def _page(self, dialog_id: str, token: str) -> GetDialogMessagesResponse:
        size = min(_PAGE, self._history)
        return await self._client.get_dialog_messages(dialog_id, page_size=size, page_token=token)
