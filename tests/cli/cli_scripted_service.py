"""A user service that answers as a test scripts it, and remembers what it was asked."""

import asyncio
import inspect
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import betterproto2
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2 as details
from grpclib.const import Status
from grpclib.events import RecvRequest, SendTrailingMetadata
from grpclib.exceptions import GRPCError

from chat3_api.chat3.tenant.v1 import (
    SubscribeTenantUpdatesRequest,
    SubscribeTenantUpdatesResponse,
    TenantServiceBase,
    UserWatched,
    WatchAcknowledged,
    WatchUpdatesRequest,
    WatchUpdatesResponse,
)
from chat3_api.chat3.user.v1 import (
    ConnectionEstablished,
    ResumeOutcome,
    SubscribeUpdatesRequest,
    SubscribeUpdatesResponse,
    UserServiceBase,
)

HANG = "hang"
"""In a scripted stream: say nothing more."""

BREAK = "break"
"""In a scripted stream: end with OK, which the contract forbids."""


class ScriptedService(UserServiceBase):
    """In a scripted stream, an event is waited for."""

    def __init__(self) -> None:
        self.answers: dict[type[betterproto2.Message], list[Any]] = defaultdict(list)
        self.streams: list[list[Any]] = []
        self.requests: list[Any] = []
        self.metadata: list[dict[str, str]] = []
        self.trailers: dict[str, str] = {}
        self.hanging = asyncio.Event()

    async def read_metadata(self, event: RecvRequest) -> None:
        self.metadata.append({key: str(value) for key, value in event.metadata.items()})

    async def add_trailers(self, event: SendTrailingMetadata) -> None:
        event.metadata.update(self.trailers)

    async def answer(self, request: betterproto2.Message) -> Any:
        self.requests.append(request)
        if not self.answers[type(request)]:
            raise failure(Status.UNIMPLEMENTED, text="the test has scripted no answer")
        answer = self.answers[type(request)].pop(0)
        if answer is HANG:
            self.hanging.set()
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def subscribe_updates(
        self, message: SubscribeUpdatesRequest
    ) -> AsyncIterator[SubscribeUpdatesResponse]:
        self.requests.append(message)
        async for item in self.scripted_stream():
            yield item

    async def scripted_stream(self) -> AsyncIterator[Any]:
        for item in self.streams.pop(0):
            if item is HANG:
                self.hanging.set()
                await asyncio.Event().wait()
            if isinstance(item, asyncio.Event):
                await item.wait()
                continue
            if item is BREAK:
                return
            if isinstance(item, Exception):
                raise item
            yield item


class ScriptedTenantService(TenantServiceBase):
    """The back ends' service: it answers as the user service beside it is scripted."""

    def __init__(self, beside: ScriptedService) -> None:
        self.beside = beside

    async def answer(self, request: betterproto2.Message) -> Any:
        return await self.beside.answer(request)

    async def subscribe_tenant_updates(
        self, message: SubscribeTenantUpdatesRequest
    ) -> AsyncIterator[SubscribeTenantUpdatesResponse]:
        self.beside.requests.append(message)
        async for item in self.beside.scripted_stream():
            yield item

    async def watch_updates(
        self, messages: AsyncIterator[WatchUpdatesRequest]
    ) -> AsyncIterator[WatchUpdatesResponse]:
        """Answer a request of users, acknowledged or refused, when it has come."""
        self.beside.requests.append(await anext(messages))
        async for item in self.beside.scripted_stream():
            acknowledged = item.acknowledged
            if item.refused is not None or (acknowledged is not None and acknowledged.watched):
                self.beside.requests.append(await anext(messages))
            yield item


METHODS = {
    handler.request_type: handler
    for base in (UserServiceBase(), TenantServiceBase())
    for handler in base.__mapping__().values()
}
"""The methods of the contract by the types of their requests, with those of their messages."""

for scripted in (ScriptedService, ScriptedTenantService):
    for method, _ in inspect.getmembers(scripted.__base__, inspect.iscoroutinefunction):
        if not method.startswith("_"):
            setattr(scripted, method, scripted.answer)


def failure(
    status: Status,
    reason: str | None = None,
    text: str = "what went wrong",
    *,
    violations: dict[str, str] | None = None,
    retry: float | None = None,
    request_id: str = "",
    metadata: dict[str, str] | None = None,
) -> GRPCError:
    found: list[Any] = []
    if reason:
        found.append(
            details.ErrorInfo(
                reason=f"ERROR_REASON_{reason}", domain="chat3.user", metadata=metadata or {}
            )
        )
    if violations:
        bad = details.BadRequest()
        for name, rule in violations.items():
            bad.field_violations.add(field=name, description=rule)
        found.append(bad)
    if retry is not None:
        delay = Duration()
        delay.FromMicroseconds(int(retry * 1e6))
        found.append(details.RetryInfo(retry_delay=delay))
    if request_id:
        found.append(details.RequestInfo(request_id=request_id))
        found.append(details.Help())
    return GRPCError(status, text, found or None)


def established(
    position: str = "t1",
    *,
    heartbeat: float | None = 30,
    outcome: ResumeOutcome = ResumeOutcome.FRESH,
) -> SubscribeUpdatesResponse:
    return SubscribeUpdatesResponse(
        resume_token=position,
        connection_established=ConnectionEstablished(
            connection_id="con_1",
            heartbeat_interval=None if heartbeat is None else timedelta(seconds=heartbeat),
            resume_outcome=outcome,
        ),
    )


def users_watched(*user_ids: str) -> list[WatchUpdatesResponse]:
    """Return how a stream of many users begins, and how a request for them is answered."""
    first = established().connection_established
    watched = [UserWatched(user_id=each, resume_token=f"{each}-1") for each in user_ids]
    return [
        WatchUpdatesResponse(connection_established=first),
        WatchUpdatesResponse(acknowledged=WatchAcknowledged(batch_id="1", watched=watched)),
    ]
