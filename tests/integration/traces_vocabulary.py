"""A message that one user sends and another gets, traced; and the process it goes through."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
from integration_vocabulary import Client

from chat3_api.chat3.user import v1 as pb
from support.gateway import Upstream, metadata, run_upstream
from support.otlp import Received, Receiver
from support.patience import STARTS
from support.ports import free_port
from support.rabbitmq import RabbitMQ
from support.traced_platform import TracedPublisher, traced_by

SERVICE = "chat3-gateway"
USER_SERVICE = "chat3.user.v1.UserService"
SEND, SUBSCRIBE = f"{USER_SERVICE}/SendMessage", f"{USER_SERVICE}/SubscribeUpdates"
LIST = f"{USER_SERVICE}/GetUserDialogs"
POST = "POST /api/dialogs/{dialog_id}/messages"
PUBLISH, PROCESS = "publish chat3_updates", "process chat3_updates"
CREATED = "message.create"

_IMAGES = Path(__file__).parents[2] / "docs" / "images"
LINKED, UNLINKED = _IMAGES / "trace-linked.svg", _IMAGES / "trace-joined.svg"
"""The pictures of `docs/tracing.md`."""


@dataclass(frozen=True)
class Sent:
    """A message as its sender knows it, and the trace it was sent in."""

    message_id: str
    dialog_id: str
    trace_id: str
    span_id: str


def new_trace() -> tuple[str, str]:
    """Return the ids of a trace and of a span of a caller."""
    return secrets.token_hex(16), secrets.token_hex(8)


async def a_message_to_bob(address: str, upstream: Upstream, *, sampled: bool = True) -> Sent:
    """Send one to a user who listens, and end the stream that got it."""
    dialog = upstream.dialog("alice", "bob")
    trace, span = new_trace()
    caller = {"traceparent": f"00-{trace}-{span}-0{int(sampled)}", "baggage": "shop=north"}
    async with Client(address) as alices, Client(address) as bobs:
        alice = alices.with_metadata({**metadata("alice"), **caller})
        async with bobs.as_user("bob").subscribed() as stream:
            answer = await alice.call(
                pb.SendMessageRequest(
                    dialog_id=dialog, content="a secret text", idempotency_key=secrets.token_hex(8)
                )
            )
            await stream.update_of(pb.UpdateKind.MESSAGE_CREATED)
    return Sent(answer.message.message_id, dialog, trace, span)


async def delivery_to_bob(receiver: Receiver, sent: Sent) -> Received:
    """Find the delivery by what its sender knows: the id of the message."""
    told = {
        "chat3_message_id": sent.message_id,
        "chat3_user_id": "bob",
        "chat3_event_type": CREATED,
        "chat3_update_type": "update.message",
    }
    (span,) = await receiver.named(PROCESS, **told)
    return span


async def story_of(receiver: Receiver, sent: Sent) -> list[Received]:
    """Return the spans of a message's way from its sender to Bob, and that of Bob's stream."""
    delivery = await delivery_to_bob(receiver, sent)
    streams = [link.span_id for link in delivery.links if link.attributes["chat3.link"] == "stream"]
    (stream,) = await receiver.wait(lambda span: span.span_id in streams)
    own = {sent.trace_id, delivery.trace_id}
    return [*(span for span in receiver.spans if span.trace_id in own), stream]


@asynccontextmanager
async def traced_upstream(rabbitmq: RabbitMQ, receiver: Receiver) -> AsyncIterator[Upstream]:
    """Run a platform that passes trace contexts on to its updates."""
    async with AsyncExitStack() as stack:
        tracer = await stack.enter_async_context(traced_by(receiver.url, "tenant-api"))
        yield await stack.enter_async_context(
            run_upstream(
                rabbitmq.url,
                publishes=partial(TracedPublisher, tracer=tracer),
                trace_headers=True,
            )
        )


@dataclass(frozen=True)
class Workers:
    """The service as it is started from a shell, with two workers."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    async def end(self) -> None:
        """Tell it to end, and wait until it has."""
        self.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(self.process.wait, STARTS) == 0, self.log.read_text()


@asynccontextmanager
async def two_workers(
    upstream: Upstream, rabbitmq: RabbitMQ, folder: Path, **variables: str
) -> AsyncIterator[Workers]:
    port, ops, log = free_port(), free_port(2), folder / "service.log"
    environment = {
        **os.environ,
        "TENANT_API_URL": upstream.url,
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": f"log_{secrets.token_hex(4)}",
        "STATE_DIRECTORY": str(folder),
        "GRPC_PORT": str(port),
        "OPS_PORT": str(ops),
        "WORKERS": "2",
        "SHUTDOWN_DELAY": "0",
        **variables,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - it only starts here
            [sys.executable, "-m", "chat3_user"], env=environment, stderr=output
        )
    try:
        await _ready(ops, ops + 1)
        yield Workers(f"127.0.0.1:{port}", process, log)
    finally:
        process.kill()
        process.wait(STARTS)


async def _ready(*ports: int) -> None:
    async with asyncio.timeout(STARTS), aiohttp.ClientSession() as session:
        for port in ports:
            status = 0
            while status != 200:
                try:
                    async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                        status = answer.status
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
