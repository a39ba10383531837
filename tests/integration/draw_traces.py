"""Draws the pictures of `docs/tracing.md` from spans that a receiver got: `make trace-pictures`."""

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from traces_vocabulary import (
    LINKED,
    SEND,
    UNLINKED,
    Sent,
    a_message_to_bob,
    delivery_to_bob,
    story_of,
    traced_upstream,
    two_workers,
)

from support.gateway import Upstream, run_upstream
from support.otlp import Received, Receiver, receiving
from support.rabbitmq import RabbitMQ
from support.trace_picture import picture

TRIES = 20


async def drawn(rabbitmq: RabbitMQ, folder: Path) -> None:
    """Draw both pictures: where the platform passes the trace context on, and where not."""
    async with receiving() as receiver, traced_upstream(rabbitmq, receiver) as upstream:
        spans = await _through_two_workers(receiver, upstream, rabbitmq, folder)
        title = "The platform passes the trace context on: one trace, and a link to the stream"
        LINKED.write_text(picture(title, spans))
    async with receiving() as receiver, run_upstream(rabbitmq.url) as upstream:
        spans = await _through_two_workers(receiver, upstream, rabbitmq, folder)
        title = "It does not: the id of the message joins the traces of send and delivery"
        UNLINKED.write_text(picture(title, spans, joined_by="chat3.message.id"))


async def _through_two_workers(
    receiver: Receiver, upstream: Upstream, rabbitmq: RabbitMQ, folder: Path
) -> Sequence[Received]:
    """Send until a message goes through both workers; return what it left."""
    async with two_workers(upstream, rabbitmq, folder, **receiver.environment) as workers:
        for _ in range(TRIES):
            sent = await a_message_to_bob(workers.address, upstream)
            if await _by_two_processes(receiver, sent):
                break
        await workers.end()
    return await story_of(receiver, sent)


async def _by_two_processes(receiver: Receiver, sent: Sent) -> bool:
    delivery = await delivery_to_bob(receiver, sent)
    (send,) = await receiver.named(SEND, chat3_message_id=sent.message_id)
    return send.pid != delivery.pid


def main() -> None:
    LINKED.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        server = RabbitMQ(Path(name) / "rabbitmq")
        server.start()
        try:
            asyncio.run(drawn(server, Path(name)))
        finally:
            server.kill()


if __name__ == "__main__":
    main()
