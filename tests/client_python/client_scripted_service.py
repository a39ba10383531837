"""A service of users that answers as it is told, call by call, and remembers what it was asked."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2
from grpclib.const import Cardinality, Handler, Status
from grpclib.exceptions import GRPCError
from grpclib.health.service import Health

from chat3_api.chat3.user import v1 as pb
from chat3_client import Chat3Client, RetryPolicy
from support.servers import grpc_server

FAST = RetryPolicy(first=0.001, longest=0.002)
FIRST_PAUSE = 0.02

_UNARY = {
    "GetDialog": (pb.GetDialogRequest, pb.GetDialogResponse),
    "GetUserDialogs": (pb.GetUserDialogsRequest, pb.GetUserDialogsResponse),
    "SendMessage": (pb.SendMessageRequest, pb.SendMessageResponse),
    "SendTypingIndicator": (pb.SendTypingIndicatorRequest, pb.SendTypingIndicatorResponse),
    "ListUpdates": (pb.ListUpdatesRequest, pb.ListUpdatesResponse),
}
Stream = Any
Step = Any
"""A response, a failure, or a coroutine function that does it all with the stream."""


@dataclass
class Called:
    method: str
    metadata: dict[str, str]
    request: Any
    timeout: float | None


@dataclass
class Scripted:
    calls: list[Called] = field(default_factory=list)
    steps: dict[str, deque[Step]] = field(default_factory=lambda: defaultdict(deque))
    address: str = ""

    def then(self, method: str, *steps: Step) -> None:
        """Answer the next calls of a method so, one after the other."""
        self.steps[method].extend(steps)

    def client(self, **options: Any) -> Chat3Client:
        given = {"api_key": "key", "tenant": "tnt_test", "user": "alice", "retry": FAST} | options
        return Chat3Client(self.address, **given)

    def called(self, method: str) -> list[Called]:
        return [call for call in self.calls if call.method == method]

    def __mapping__(self) -> dict[str, Handler]:
        service = "/chat3.user.v1.UserService/"
        handlers = {
            service + name: Handler(self._handler(name), Cardinality.UNARY_UNARY, *types)
            for name, types in _UNARY.items()
        }
        name = "SubscribeUpdates"
        types = (pb.SubscribeUpdatesRequest, pb.SubscribeUpdatesResponse)
        handlers[service + name] = Handler(self._handler(name), Cardinality.UNARY_STREAM, *types)
        return handlers

    def _handler(self, name: str) -> Callable[[Stream], Awaitable[None]]:
        async def handle(stream: Stream) -> None:
            request = await stream.recv_message()
            left = stream.deadline.time_remaining() if stream.deadline else None
            self.calls.append(Called(name, dict(stream.metadata), request, left))
            step = self.steps[name].popleft()
            if isinstance(step, GRPCError):
                raise step
            if callable(step):
                await step(stream)
                return
            await stream.send_trailing_metadata() if step is None else await stream.send_message(
                step
            )

        return handle


@asynccontextmanager
async def running_script() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    async with grpc_server(scripted, Health()) as port:
        scripted.address = f"127.0.0.1:{port}"
        yield scripted


def failure(
    status: Status, reason: str = "", *, retry: float | None = None, **metadata: str
) -> GRPCError:
    """Return a failure as the service gives it; without a reason, as a proxy does."""
    details: list[Any] = []
    if reason:
        name = f"ERROR_REASON_{reason}"
        details.append(
            error_details_pb2.ErrorInfo(reason=name, domain="chat3.user", metadata=metadata)
        )
        details.append(error_details_pb2.RequestInfo(request_id="req-1"))
    if retry is not None:
        delay = Duration()
        delay.FromTimedelta(timedelta(seconds=retry))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    return GRPCError(status, "it failed", details or None)


def connected(
    token: str = "t0",
    outcome: pb.ResumeOutcome = pb.ResumeOutcome.FRESH,
    heartbeat: float = 30.0,
) -> pb.SubscribeUpdatesResponse:
    established = pb.ConnectionEstablished(
        connection_id="c", heartbeat_interval=timedelta(seconds=heartbeat), resume_outcome=outcome
    )
    return pb.SubscribeUpdatesResponse(resume_token=token, connection_established=established)


def update(token: str, update_id: str) -> pb.SubscribeUpdatesResponse:
    body = pb.Update(update_id=update_id, user_id="alice", kind=pb.UpdateKind.TYPING)
    return pb.SubscribeUpdatesResponse(resume_token=token, update=body)


def heartbeat(token: str, state: pb.StreamState = pb.StreamState.LIVE) -> Any:
    return pb.SubscribeUpdatesResponse(resume_token=token, heartbeat=pb.Heartbeat(state=state))


def streaming(
    *responses: pb.SubscribeUpdatesResponse, then: GRPCError | None = None
) -> Callable[[Stream], Awaitable[None]]:
    """Send these, then fail; without a failure stay open in silence."""

    async def step(stream: Stream) -> None:
        for response in responses:
            await stream.send_message(response)
        if then is not None:
            raise then
        await asyncio.Event().wait()

    return step
