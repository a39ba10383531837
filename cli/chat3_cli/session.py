"""Holds the connection to the service, and makes calls with identity, deadline and safe retries."""

import asyncio
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from urllib.parse import quote
from weakref import WeakSet

import betterproto2
from grpclib.events import RecvTrailingMetadata, listen
from grpclib.health.v1.health_grpc import HealthStub
from grpclib.health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from chat3_api.chat3.tenant.v1 import (
    SubscribeTenantUpdatesRequest,
    SubscribeTenantUpdatesResponse,
    TenantServiceStub,
    WatchUpdatesRequest,
    WatchUpdatesResponse,
)
from chat3_api.chat3.user.v1 import (
    ConnectionEstablished,
    SubscribeUpdatesRequest,
    SubscribeUpdatesResponse,
    UserServiceStub,
)
from chat3_cli import backoff
from chat3_cli.failures import CallFailedError, translated, unreachable
from chat3_client.channel import TrackedChannel, TrackedProtocol, closed

_STUBS = {stub.__module__: stub for stub in (UserServiceStub, TenantServiceStub)}
"""The stubs by the modules that they and the messages of their package are generated into."""

ATTEMPTS = 4
UNSAID_HEARTBEAT_SECONDS = 30.0

Response = TypeVar("Response", bound=betterproto2.Message)
Streamed = TypeVar(
    "Streamed", SubscribeUpdatesResponse, WatchUpdatesResponse, SubscribeTenantUpdatesResponse
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the service is and how to talk to it."""

    host: str
    port: int
    tls: ssl.SSLContext | None
    timeout: float

    @property
    def address(self) -> str:
        """The target as `host:port`."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Identity:
    """In whose name calls are made; a back end's calls have no user. A token says it all."""

    api_key: str = field(repr=False)
    tenant: str
    user: str
    token: str = field(default="", repr=False)

    def metadata(self) -> dict[str, str]:
        """Give the request metadata as the contract wants it: the user id percent-encoded."""
        if self.token:
            return {"authorization": f"Bearer {self.token}"}
        back_end = {"x-api-key": self.api_key, "x-tenant-id": self.tenant}
        return {**back_end, "x-user-id": quote(self.user, safe="")} if self.user else back_end


class Session:
    """One connection to the service, and the identity of every call made on it."""

    def __init__(self, target: Target, identity: Identity) -> None:
        self._target = target
        self._metadata = identity.metadata()
        self._connections = WeakSet[TrackedProtocol]()
        self._channel = TrackedChannel(
            target.host, target.port, tls=target.tls, connections=self._connections
        )
        self.stub = UserServiceStub(self._channel)
        self.replayed = False
        """Whether the last answer repeats that of an earlier call with the same idempotency key."""
        listen(self._channel, RecvTrailingMetadata, self._read_trailers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._channel.close()
        await closed(self._connections)

    def stub_of(self, request: type[betterproto2.Message]) -> Any:
        """Give the stub of the service that takes such requests."""
        return _STUBS[request.__module__](self._channel)

    async def call(
        self,
        method: Callable[..., Awaitable[Response]],
        request: betterproto2.Message,
        attempts: int = ATTEMPTS,
    ) -> Response:
        """Make a unary call; repeat it within the deadline while the service is not available.

        Every mutation of this client carries an idempotency key, and all else may be repeated. A
        service that was never reached is not waited for: the address may be wrong.
        """
        end = time.monotonic() + self._target.timeout
        attempt = 0
        while True:
            attempt += 1
            left = max(end - time.monotonic(), 0.001)
            try:
                await self._connect(left)
                with translated(self._target.timeout):
                    return await method(request, timeout=left, metadata=self._metadata)
            except CallFailedError as error:
                failure = error.failure
                pause = backoff.pause(attempt, failure.retry_after)
                hopeless = not failure.passing or (attempt == 1 and not failure.reached)
                if hopeless or attempt >= attempts or time.monotonic() + pause >= end:
                    raise
            await asyncio.sleep(pause)

    def subscribe(
        self, request: SubscribeUpdatesRequest
    ) -> AsyncGenerator[SubscribeUpdatesResponse, None]:
        """Open a stream of updates and yield its responses until it fails; it never just ends."""
        return self._stream(lambda: self.stub.subscribe_updates(request, metadata=self._metadata))

    def watch_users(
        self, request: WatchUpdatesRequest
    ) -> AsyncGenerator[WatchUpdatesResponse, None]:
        """Open a stream of the updates of many users, as `subscribe` does of one."""
        stub = self.stub_of(WatchUpdatesRequest)
        return self._stream(lambda: stub.watch_updates([request], metadata=self._metadata))

    def follow_tenant(
        self, request: SubscribeTenantUpdatesRequest
    ) -> AsyncGenerator[SubscribeTenantUpdatesResponse, None]:
        """Open a stream of the updates of a whole tenant, as `subscribe` does of one user."""
        stub = self.stub_of(SubscribeTenantUpdatesRequest)
        return self._stream(lambda: stub.subscribe_tenant_updates(request, metadata=self._metadata))

    async def _stream(
        self, open_: Callable[[], AsyncIterator[Streamed]]
    ) -> AsyncGenerator[Streamed, None]:
        """Open a stream and yield its responses.

        The first response must come within the timeout. Later silence is the service's choice, but
        after twice the promised heartbeat interval the connection counts as lost.
        """
        await self._connect(self._target.timeout)
        # The stub says AsyncIterator; what it returns is a generator, and must be closed as one so
        # that the stream is cancelled at once and not at garbage collection.
        stream = cast("AsyncGenerator[Streamed, None]", open_())
        try:
            with translated(self._target.timeout):
                response = await _next(stream, self._target.timeout)
            interval = _heartbeat_interval(response.connection_established)
            while True:
                yield response
                with translated(None):
                    try:
                        response = await _next(stream, 2 * interval)
                    except TimeoutError:
                        raise ConnectionError(f"nothing heard for {2 * interval:g} s") from None
        finally:
            await stream.aclose()

    async def health(self, service: str) -> str:
        """Ask the standard health service; give the name of the status."""
        await self._connect(self._target.timeout)
        with translated(self._target.timeout):
            request = HealthCheckRequest(service=service)
            answer = await HealthStub(self._channel).Check(request, timeout=self._target.timeout)
        return HealthCheckResponse.ServingStatus.Name(answer.status)

    async def _connect(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                await self._channel.__connect__()
        except TimeoutError as error:
            raise unreachable(self._target.address, None) from error
        except OSError as error:
            raise unreachable(self._target.address, error) from error

    async def _read_trailers(self, event: RecvTrailingMetadata) -> None:
        self.replayed = event.metadata.get("idempotency-replayed") == "true"


OpenSession = Callable[[], Session]
"""Makes a new connection to the same service for the same user."""


async def _next(stream: AsyncGenerator[Streamed, None], patience: float) -> Streamed:
    async with asyncio.timeout(patience):
        response = await anext(stream, None)
    if response is None:
        raise ConnectionError("the stream ended without a status")
    return response


def _heartbeat_interval(established: ConnectionEstablished | None) -> float:
    if established is not None and established.heartbeat_interval:
        return established.heartbeat_interval.total_seconds()
    return UNSAID_HEARTBEAT_SECONDS
