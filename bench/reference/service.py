# ruff: noqa: N802 - the methods have the names of the contract, by which grpc.aio finds them
"""The calls: request to REST, answer to message."""

from collections.abc import AsyncIterator
from types import ModuleType
from typing import Any, TypeAlias

import grpc
from aio_pika.abc import AbstractRobustConnection
from google.protobuf import json_format

from reference import mapping
from reference.stubs import Stubs
from reference.updates import subscribe
from reference.upstream import Identity, Upstream

Context: TypeAlias = grpc.aio.ServicerContext


class Calls:
    """The methods, for a servicer that the compiled contract gives its base."""

    def __init__(
        self, pb: ModuleType, upstream: Upstream, broker: AbstractRobustConnection | None
    ) -> None:
        self._pb = pb
        self._upstream = upstream
        self._broker = broker

    async def GetUserDialogs(self, request: Any, context: Context) -> Any:
        page = await self._upstream.dialogs(
            _identity(context),
            page=request.page or 1,
            limit=request.page_size or 10,
            include_last_message=request.include_last_message,
        )
        return mapping.dialogs(self._pb, page)

    async def GetDialogMessages(self, request: Any, context: Context) -> Any:
        identity = _identity(context)
        page = await self._upstream.messages(
            identity, request.dialog_id, page=request.page or 1, limit=request.page_size or 10
        )
        return mapping.messages(self._pb, page, identity.user_id)

    async def SendMessage(self, request: Any, context: Context) -> Any:
        identity = _identity(context)
        body: dict[str, Any] = {"content": request.content}
        if request.type:
            body["type"] = request.type
        if request.HasField("meta"):
            body["meta"] = json_format.MessageToDict(request.meta)
        sent = await self._upstream.send(identity, request.dialog_id, body)
        return mapping.sent(self._pb, sent, identity.user_id)

    async def SetMessageStatus(self, request: Any, context: Context) -> Any:
        record = await self._upstream.set_status(
            _identity(context),
            request.dialog_id,
            request.message_id,
            mapping.STATUS_NAMES[request.status],
        )
        return mapping.status_record(self._pb, record)

    async def SendTypingIndicator(self, request: Any, context: Context) -> Any:
        accepted = await self._upstream.typing(_identity(context), request.dialog_id)
        seconds, milliseconds = divmod(accepted.expires_in_ms, 1000)
        return self._pb.SendTypingIndicatorResponse(
            expires_in={"seconds": seconds, "nanos": milliseconds * 1_000_000}
        )

    async def SubscribeUpdates(self, _: Any, context: Context) -> AsyncIterator[Any]:
        assert self._broker is not None
        async for update in subscribe(self._broker, _identity(context).user_id):
            if update is None:
                yield self._pb.SubscribeUpdatesResponse(connection_established={})
            else:
                yield mapping.update(self._pb, update)


def servicer(stubs: Stubs, upstream: Upstream, broker: AbstractRobustConnection | None) -> Any:
    """Return the servicer."""
    made = type("UserService", (Calls, stubs.grpc.UserServiceServicer), {})
    return made(stubs.messages, upstream, broker)


def _identity(context: Context) -> Identity:
    metadata = dict(context.invocation_metadata())
    return Identity(metadata["x-api-key"], metadata["x-tenant-id"], metadata["x-user-id"])
