"""What integration tests say: callers, their streams, failures, scripted upstreams."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

import aiohttp
import grpclib.const
from aiohttp import web
from betterproto2 import Message
from google.rpc import error_details_pb2
from grpclib.client import Channel
from grpclib.config import Configuration
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.exceptions import GRPCError
from grpclib.metadata import Deadline

from chat3_api.chat3.user import v1 as pb
from chat3_user.methods import METHODS, Bidi, Streaming
from support.gateway import KEY, TENANT, Upstream, metadata
from support.patience import HANGS
from support.platform_health import answers_health
from support.servers import web_server

DIALOG = "dlg_" + "a" * 20
MESSAGE = "msg_" + "a" * 20
METHOD_OF = {method.request: method for method in METHODS.values()}
Cardinality = grpclib.const.Cardinality
CARDINALITY = {Streaming: Cardinality.UNARY_STREAM, Bidi: Cardinality.STREAM_STREAM}


def sending(dialog: str, content: str = "x", **more: Any) -> pb.SendMessageRequest:
    return pb.SendMessageRequest(dialog_id=dialog, content=content, **more)


def marking(
    dialog: str, message: str, status: pb.MessageStatus = pb.MessageStatus.READ
) -> pb.SetMessageStatusRequest:
    return pb.SetMessageStatusRequest(dialog_id=dialog, message_id=message, status=status)


def reacting(
    dialog: str,
    message: str,
    reaction: str = "👍",
    action: pb.ReactionAction = pb.ReactionAction.SET,
) -> pb.SetMessageReactionRequest:
    return pb.SetMessageReactionRequest(
        dialog_id=dialog, message_id=message, reaction=reaction, action=action
    )


@dataclass(frozen=True)
class Failure:
    """A failed call, its details taken apart."""

    status: grpclib.const.Status
    message: str
    reason: pb.ErrorReason
    info: error_details_pb2.ErrorInfo
    details: Mapping[str, Any]

    @property
    def metadata(self) -> dict[str, str]:
        return dict(self.info.metadata)

    @property
    def violations(self) -> dict[str, str]:
        bad: error_details_pb2.BadRequest = self.details["BadRequest"]
        return {item.field: item.description for item in bad.field_violations}

    @property
    def retry_after(self) -> float:
        delay: float = self.details["RetryInfo"].retry_delay.ToTimedelta().total_seconds()
        return delay

    @property
    def request_id(self) -> str:
        return str(self.details["RequestInfo"].request_id)


def failure(error: GRPCError) -> Failure:
    details = {type(detail).__name__: detail for detail in error.details or ()}
    info = details["ErrorInfo"]
    reason = pb.ErrorReason[info.reason.removeprefix("ERROR_REASON_")]
    return Failure(error.status, error.message or "", reason, info, details)


class Subscription:
    """An open stream of a user or a tenant, read from the moment it was established."""

    def __init__(self, stream: Any, established: Any) -> None:
        self._stream = stream
        self.token = established.resume_token
        self.ended = False
        self.first = established
        assert established.connection_established is not None
        self.established = established.connection_established

    async def cancel(self) -> None:
        await self._stream.cancel()

    async def next(self, timeout: float = HANGS) -> Any:
        async with asyncio.timeout(timeout):
            response: Any = await self._stream.recv_message()
            if response is None:
                self.ended = True
                await self._stream.recv_trailing_metadata()
        assert response is not None, "a stream ended with OK"
        self.token = response.resume_token
        return response

    async def update(self, timeout: float = HANGS) -> pb.Update:
        """Return the next update; heartbeats pass unseen, a gap does not."""
        while True:
            response = await self.next(timeout)
            assert response.gap is None
            if response.update is not None:
                update: pb.Update = response.update
                return update

    async def update_of(self, *kinds: pb.UpdateKind) -> pb.Update:
        """Return the next update of one of the kinds."""
        while True:
            update = await self.update()
            if update.kind in kinds:
                return update

    async def failure(self, timeout: float = HANGS) -> Failure:
        """Read on until the stream ends, and return how."""
        try:
            while True:
                await self.next(timeout)
        except GRPCError as error:
            return failure(error)


@dataclass(frozen=True)
class Caller:
    """One user at one connection."""

    channel: Channel
    metadata: Mapping[str, str]

    @asynccontextmanager
    async def _stream(
        self, request: Message, cardinality: grpclib.const.Cardinality, timeout: float | None
    ) -> AsyncIterator[Any]:
        method = METHOD_OF[type(request)]
        async with self.channel.request(
            f"/{method.service.full_name}/{method.name}",
            cardinality,
            method.request,
            method.response,
            metadata=self.metadata,
            timeout=None if timeout is None else timeout + HANGS,
        ) as stream:
            if timeout is not None:
                # The service keeps the deadline. grpclib's own clock would often be first.
                stream._deadline = Deadline.from_timeout(timeout)
            await stream.send_message(request, end=cardinality is not Cardinality.STREAM_STREAM)
            yield stream

    async def call(self, request: Message, *, timeout: float | None = HANGS) -> Any:
        async with self._stream(request, Cardinality.UNARY_UNARY, timeout) as stream:
            return await stream.recv_message()

    async def called(self, request: Message) -> tuple[Any, dict[str, str]]:
        """Return the response and trailing metadata."""
        async with self._stream(request, Cardinality.UNARY_UNARY, HANGS) as stream:
            response = await stream.recv_message()
            await stream.recv_trailing_metadata()
            return response, dict(stream.trailing_metadata)

    async def fails(self, request: Message, *, timeout: float | None = HANGS) -> Failure:
        cardinality = CARDINALITY.get(type(METHOD_OF[type(request)]), Cardinality.UNARY_UNARY)
        try:
            async with self._stream(request, cardinality, timeout) as stream:
                response = await stream.recv_message()
                if response is None:
                    await stream.recv_trailing_metadata()
                raise AssertionError(f"answered {response}")
        except GRPCError as error:
            return failure(error)

    async def hangs_up(self, request: Message, once: Callable[[], bool]) -> None:
        """Make a call and hang up once something is so."""
        call = asyncio.create_task(self.fails(request))
        while not once():
            assert not call.done(), "answered before that"
            await asyncio.sleep(0)
        call.cancel()
        await asyncio.wait({call})

    async def ends(self, request: Message) -> Failure:
        """Open a stream, read on until it ends, and return how."""
        cardinality = CARDINALITY[type(METHOD_OF[type(request)])]
        try:
            async with asyncio.timeout(HANGS), self._stream(request, cardinality, None) as stream:
                while await stream.recv_message() is not None:
                    pass
                await stream.recv_trailing_metadata()
        except GRPCError as error:
            return failure(error)
        raise AssertionError("a stream ended with OK")

    async def conversed(self, *requests: Message) -> list[Any]:
        """Send requests on one stream; return its first response and one for each of them."""
        async with self._stream(requests[0], Cardinality.STREAM_STREAM, HANGS) as stream:
            for request in requests[1:]:
                await stream.send_message(request)
            responses = [await stream.recv_message() for _ in range(1 + len(requests))]
            await stream.cancel()
            return responses

    @asynccontextmanager
    async def subscribed(
        self, request: Message | None = None, **fields: Any
    ) -> AsyncIterator[Subscription]:
        """Hold a stream that is established; leaving the block cancels it."""
        if request is None:
            request = pb.SubscribeUpdatesRequest(**fields)
        async with AsyncExitStack() as stack:
            subscription = await self._established(request, stack)
            yield subscription
            if not subscription.ended:
                await subscription.cancel()

    async def _established(self, request: Message, stack: AsyncExitStack) -> Subscription:
        """Open a stream; on a machine that is very busy, again when the service says so."""
        async with asyncio.timeout(HANGS):
            while True:
                opening = AsyncExitStack()
                try:
                    stream = await opening.enter_async_context(
                        self._stream(request, Cardinality.UNARY_STREAM, None)
                    )
                    first = await stream.recv_message()
                except GRPCError as error:
                    await opening.aclose()
                    refused = failure(error)
                    if refused.reason is not pb.ErrorReason.UPDATES_UNAVAILABLE:
                        raise
                    await asyncio.sleep(refused.retry_after)
                else:
                    assert first is not None
                    stack.push_async_exit(opening)
                    return Subscription(stream, first)


class Client:
    """Connections to a service, closed together."""

    def __init__(self, address: str) -> None:
        self._host, _, port = address.rpartition(":")
        self._port = int(port)
        self._channels: list[Channel] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for channel in self._channels:
            channel.close()

    def connection(self, **configuration: int) -> Channel:
        channel = Channel(
            self._host,
            self._port,
            status_details_codec=ProtoStatusDetailsCodec(),
            config=Configuration(**configuration),
        )
        self._channels.append(channel)
        return channel

    def as_user(
        self,
        user: str,
        *,
        tenant: str = TENANT,
        key: str = KEY,
        channel: Channel | None = None,
    ) -> Caller:
        if channel is None:
            channel = self._channels[0] if self._channels else self.connection()
        return Caller(channel, metadata(user, tenant=tenant, key=key))

    def with_metadata(self, sent: Mapping[str, str]) -> Caller:
        return Caller(self.connection(), sent)


def written(upstream: Upstream, dialog: str, sender: str = "alice", **more: Any) -> str:
    """Put a message into the platform, past the service; return its id."""
    more = {"tenant": TENANT, "content": "hello"} | more
    message = upstream.store.add_message(
        more.pop("tenant"), dialog, sender, more.pop("content"), **more
    )
    return message.message_id


async def platform(upstream: Upstream, method: str, path: str, body: Any = None) -> Any:
    """Have the platform do what other writers do; return its data."""
    headers = {"X-API-Key": KEY, "X-Tenant-Id": TENANT}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, f"{upstream.url}/api{path}", json=body) as response,
    ):
        assert response.ok, await response.text()
        if response.status == HTTPStatus.NO_CONTENT:
            return None
        return (await response.json())["data"]


Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Scripted:
    """A tenant-api that answers whatever the test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, str, bytes]] = []
        self.headers: list[Mapping[str, str]] = []
        self.dropped = asyncio.Event()
        self.answer: Answer = self.not_scripted

    @staticmethod
    async def not_scripted(request: web.Request) -> web.StreamResponse:
        raise web.HTTPNotImplemented(text=str(request.rel_url))

    def says(self, body: Any = None, *, status: int = 200, **more: Any) -> None:
        """Answer everything alike: JSON, or raw `body` bytes."""

        async def answer(_: web.Request) -> web.StreamResponse:
            if isinstance(body, bytes):
                return web.Response(body=body, status=status, **more)
            return web.json_response(body, status=status, **more)

        self.answer = answer

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append((request.method, str(request.rel_url), body))
        self.headers.append(request.headers)
        try:
            return await self.answer(request)
        except asyncio.CancelledError:
            self.dropped.set()
            raise

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        app = web.Application(client_max_size=2**24)
        answers_health(app)
        app.router.add_route("*", "/{path:.*}", self._handle)
        async with web_server(app, handler_cancellation=True) as port:
            self.url = f"http://127.0.0.1:{port}"
            yield self
