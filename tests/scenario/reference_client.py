"""A client on the generated stubs alone: keys and retries, a stream that resumes, a local store.

It is what the driver is tried with, and what a team writes that has no library.
"""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import betterproto2
from google.rpc import error_details_pb2
from grpclib.client import Channel
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from chat3_api.chat3.user import v1 as pb
from scenario.playing import CallFailedError
from scenario.shown import UnreadCounts
from scenario.stream_record import StreamRecord
from support.merging import Picture, Read, ReadDialog, merge, put_dialog, put_messages

Json = Mapping[str, Any]

DEADLINE: Final = 20.0
"""Seconds of one attempt."""

PATIENCE: Final = 120.0
"""Seconds of a call with all its attempts."""

_BROKEN: Final = (GRPCError, StreamTerminatedError, OSError, TimeoutError)
_PASSING: Final = (Status.UNAVAILABLE, Status.DEADLINE_EXCEEDED)
_CUT: Final = (Status.UNKNOWN, Status.INTERNAL)
"""What a connection that breaks in the middle of a response can look like."""


@dataclass(frozen=True)
class Account:
    """Where the service is, and in whose name calls are made."""

    address: str
    tenant: str
    api_key: str
    user: str

    @property
    def metadata(self) -> dict[str, str]:
        return {
            "x-api-key": self.api_key,
            "x-tenant-id": self.tenant,
            "x-user-id": self.user,
        }


class ReferenceClient:
    """One user's client; ``token_file`` outlives it."""

    def __init__(self, account: Account, record: StreamRecord, token_file: Path) -> None:
        host, _, port = account.address.rpartition(":")
        self._channel = Channel(host, int(port))
        self._stub = pb.UserServiceStub(self._channel, metadata=account.metadata)
        self._user = account.user
        self._record = record
        self._token_file = token_file
        self._picture = Picture(account.user)
        self._connected, self._filled = asyncio.Event(), asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the stream, from the stored token if there is one; then fill the local store."""
        self._record.starts()
        self._following = asyncio.create_task(self._follow())
        await self._connected.wait()
        await self._reload()
        self._filled.set()

    async def stop(self) -> None:
        """Close in good order."""
        if self._following is not None:
            self._following.cancel()
            with suppress(asyncio.CancelledError):
                await self._following
        self._channel.close()

    async def call(self, method: str, request: Json) -> Json:
        """Call a method until it succeeds or fails for good. Raises `CallFailedError`."""
        made = getattr(pb, f"{method}Request").from_dict(dict(request))
        if "idempotency_key" in made.__dataclass_fields__ and not made.idempotency_key:
            made.idempotency_key = str(uuid.uuid4())
        answer: Json = (await self._call(method, made)).to_dict()
        return answer

    async def pages(self, method: str, request: Json) -> Sequence[Json]:
        """Call a method for all pages. Raises `CallFailedError`."""
        found: list[Json] = []
        token = ""
        while not found or token:
            page = await self.call(method, {**request, "pageToken": token})
            token = page.get("nextPageToken", "")
            found.append(page)
        return found

    def has(self, dialog_id: str, message_id: str) -> bool:
        """Return whether the local store has a message."""
        message = self._picture.messages.get(message_id)
        return message is not None and message.dialog_id == dialog_id

    async def unread(self) -> UnreadCounts:
        """Return the unread counts in the local store."""
        return {
            dialog.dialog_id: dialog.membership.unread_count if dialog.membership else 0
            for dialog in self._picture.dialogs.values()
        }

    async def store(self) -> Mapping[str, tuple[Json, Sequence[Json]]]:
        """Return the local store."""
        messages = [message.to_dict() for message in self._picture.messages.values()]
        return {
            dialog_id: (
                dialog.to_dict(),
                [message for message in messages if message["dialogId"] == dialog_id],
            )
            for dialog_id, dialog in self._picture.dialogs.items()
        }

    async def _call(self, method: str, request: betterproto2.Message) -> Any:
        """Repeat the same request, with its key, while the failure may pass."""
        stub_method: Callable[..., Awaitable[Any]] = getattr(
            self._stub, betterproto2.Casing.SNAKE(method)
        )
        give_up, failures = time.monotonic() + PATIENCE, 0
        while True:
            try:
                return await stub_method(request, timeout=DEADLINE)
            except _BROKEN as error:
                failures += 1
                self._leave_if_dead(error)
                if not passes(error) or time.monotonic() > give_up:
                    raise call_failed(error) from error
                await asyncio.sleep(pause(failures, error))

    async def _follow(self) -> None:
        """Hold a stream open; come back from the last token."""
        token = self._token_file.read_text() if self._token_file.exists() else ""
        failures = 0
        while True:
            broken: Exception = StreamTerminatedError("the stream ended without a status")
            try:
                async for response in self._responses(token):
                    failures = 0
                    await self._handle(response)
                    token = response.resume_token
                    self._token_file.write_text(token)
            except _BROKEN as error:
                broken = error
                self._leave_if_dead(error)
            except CallFailedError as error:
                self._record.errors.append(f"{self._user}: a read failed: {error.reason}")
                return
            if not passes(broken):
                self._record.errors.append(f"{self._user}: the stream ended: {broken}")
                return
            failures += 1
            await asyncio.sleep(pause(failures, broken))

    def _leave_if_dead(self, error: Exception) -> None:
        """Leave a connection on which nothing comes: the next attempt opens another."""
        if isinstance(error, TimeoutError):
            self._channel.close()

    async def _responses(self, token: str) -> Any:
        """Yield a stream's responses; silence for two heartbeats is an end."""
        request = pb.SubscribeUpdatesRequest(resume_token=token)
        stream = cast("AsyncGenerator[Any, None]", self._stub.subscribe_updates(request))
        silence = DEADLINE
        try:
            while True:
                async with asyncio.timeout(silence):
                    response = await anext(stream, None)
                if response is None:
                    return
                established = response.connection_established
                if established is not None and established.heartbeat_interval is not None:
                    silence = 2 * established.heartbeat_interval.total_seconds()
                yield response
        finally:
            await stream.aclose()

    async def _handle(self, response: pb.SubscribeUpdatesResponse) -> None:
        if response.connection_established is not None:
            self._connected.set()
        else:
            await self._filled.wait()
        if response.gap is not None:
            await self._reload()
        elif response.update is not None:
            await self._apply(response.update)
        self._record.take(response.to_dict())

    async def _apply(self, update: pb.Update) -> None:
        for what in merge(self._picture, update):
            await self._read(what)

    async def _read(self, what: Read) -> None:
        """Read what a merge asks for; what is refused is not the user's any more."""
        try:
            if isinstance(what, ReadDialog):
                request = pb.GetDialogRequest(dialog_id=what.dialog_id, include_last_message=True)
                found = (await self._call("GetDialog", request)).dialog
                put_dialog(self._picture, what.dialog_id, found)
            elif what.message_id:
                one = pb.GetMessageRequest(dialog_id=what.dialog_id, message_id=what.message_id)
                put_messages(self._picture, [(await self._call("GetMessage", one)).message])
            else:
                put_messages(self._picture, await self._messages(what.dialog_id))
        except CallFailedError as error:
            if error.reason not in _GONE:
                raise
            if isinstance(what, ReadDialog):
                put_dialog(self._picture, what.dialog_id, None)

    async def _reload(self) -> None:
        """Read everything; what is not there any more goes."""
        picture = Picture(self._user, profile=self._picture.profile, stats=self._picture.stats)
        request = pb.GetUserDialogsRequest(page_size=100, include_last_message=True)
        for dialog in (await self._call("GetUserDialogs", request)).dialogs:
            put_dialog(picture, dialog.dialog_id, dialog)
            put_messages(picture, await self._messages(dialog.dialog_id))
        self._picture = picture

    async def _messages(self, dialog_id: str) -> list[pb.Message]:
        request = pb.GetDialogMessagesRequest(dialog_id=dialog_id, page_size=100)
        found: list[pb.Message] = (await self._call("GetDialogMessages", request)).messages
        return found


_GONE: Final = (
    "ERROR_REASON_NOT_A_MEMBER",
    "ERROR_REASON_DIALOG_NOT_FOUND",
    "ERROR_REASON_MESSAGE_NOT_FOUND",
)


def passes(error: Exception) -> bool:
    """Say whether the same call can succeed later."""
    if not isinstance(error, GRPCError):
        return True
    if detail(error, error_details_pb2.RetryInfo) is not None or error.status in _PASSING:
        return True
    return error.status in _CUT and detail(error, error_details_pb2.ErrorInfo) is None


def pause(failures: int, error: Exception) -> float:
    """Return the seconds to wait: as long as the service wants, or ever longer, with jitter."""
    wanted = detail(error, error_details_pb2.RetryInfo)
    if wanted is not None:
        return float(wanted.retry_delay.ToTimedelta().total_seconds()) * random.uniform(1.0, 1.5)
    return random.uniform(0.05, min(5.0, 0.2 * 2.0 ** min(failures, 10)))


def call_failed(error: Exception) -> CallFailedError:
    """Return the reason of a failure, and the fields that break a rule."""
    info = detail(error, error_details_pb2.ErrorInfo)
    status = error.status.name if isinstance(error, GRPCError) else type(error).__name__
    bad = detail(error, error_details_pb2.BadRequest)
    fields = [violation.field for violation in bad.field_violations] if bad else []
    return CallFailedError(info.reason if info is not None else status, fields)


def detail(error: Exception, wanted: type) -> Any:
    """Find the status detail of one type; grpclib has decoded them."""
    details = error.details if isinstance(error, GRPCError) else None
    return next((found for found in details or () if isinstance(found, wanted)), None)
