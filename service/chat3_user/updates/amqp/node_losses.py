"""Which nodes of a RabbitMQ cluster died: a queue on each node, which is gone when its node is.

When the node dies that leads the updates log, the log misses for a moment what is published without
confirms, and nobody is told; queues on other nodes get it. A queue that does not outlive its node
shows that this may have happened. Once a gap has been noted for a lost node, an exchange says so to
other workers, until the node is back.
"""

import asyncio
import logging
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from aiormq.exceptions import ChannelLockedResource
from pamqp.commands import Basic
from yarl import URL

from chat3_user.updates.amqp.connection import connect
from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import FAILURES
from chat3_user.updates.amqp.passive import exchange_exists, queue_exists

log = logging.getLogger(__name__)

_TIMEOUT = 3.0
"""Seconds for all that is done with one node."""

_LOOKS, _LOOK_AGAIN = 40, 0.05
"""How often, and after how many seconds, a worker looks whether another has noted a loss."""


class NodeLosses:
    """Watches the nodes named by URL; of a single one nobody would live to tell.

    ``seen`` is set when a node was lost since `noted`.
    """

    def __init__(self, nodes: Sequence[str], log_queue: str, tls: ssl.SSLContext | None) -> None:
        self._tls = tls
        self._nodes: dict[str, str] = {}
        if len(nodes) > 1:
            for node in nodes:
                url = URL(node)
                self._nodes[f"{log_queue}.node.{url.host}:{url.port}"] = node
        self._watched: set[str] = set()
        self._lost: set[str] = set()
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self.seen = asyncio.Event()

    @property
    def complete(self) -> bool:
        """Whether every node is watched."""
        return self._watched == self._nodes.keys()

    async def unnoted(self, connection: AbstractConnection) -> Sequence[str]:
        """Return the lost nodes for which nobody has noted a gap yet, by their queues' names."""
        self.seen.clear()
        lost = []
        for queue in self._nodes:
            gone = queue in self._lost or not await queue_exists(connection, queue)
            if gone and await self._is_ours(connection, queue):
                lost.append(queue)
        return lost

    async def _is_ours(self, connection: AbstractConnection, queue: str) -> bool:
        """Return whether the loss of a node is this worker's to note, and nobody else's.

        An exclusive queue says so. What another worker notes is in the log before this returns.
        """
        for _ in range(_LOOKS):
            if await exchange_exists(connection, _noted(queue)):
                return False
            channel = await connection.channel()
            with suppress(ChannelLockedResource):
                await channel.queue_declare(f"{queue}.noting", exclusive=True)
                await channel.close()
                return True
            await asyncio.sleep(_LOOK_AGAIN)
        return True

    async def noted(self, channel: AbstractChannel, lost: Iterable[str]) -> None:
        """Let all workers know that a gap has been noted for these nodes."""
        for queue in lost:
            await channel.exchange_declare(_noted(queue), exchange_type="fanout", durable=False)
            await channel.queue_delete(f"{queue}.noting")
        self._lost.clear()

    async def watch(self, connection: AbstractConnection) -> None:
        """Watch by ``connection`` every node that can be reached; it is called now and then."""
        if connection is not self._connection:
            self._connection, self._channel = connection, None
            self._watched.clear()
        missing = [queue for queue in self._nodes if queue not in self._watched]
        placed = await asyncio.gather(*(self._place(queue) for queue in missing))
        with suppress(*FAILURES):
            if self._channel is None or self._channel.is_closed:
                self._watched.clear()
                self._channel = await connection.channel()
                self._channel.on_consumer_cancel_callbacks.add(self._cancelled)
            for queue, there in zip(missing, placed, strict=True):
                if there:
                    await self._channel.basic_consume(queue, _ignore, consumer_tag=queue)
                    self._watched.add(queue)

    async def _place(self, queue: str) -> bool:
        """Have the queue on its node; return whether it is there.

        It is not when the node is away, nor when it was lost and nobody has noted that yet: then
        nobody would know any more.
        """
        with suppress(*FAILURES):
            async with asyncio.timeout(_TIMEOUT):
                node = await connect(
                    self._nodes[queue], Deliveries(), timeout=_TIMEOUT, tls=self._tls
                )
                try:
                    if not await _known(node, queue):
                        self._lost.add(queue)
                        self.seen.set()
                        return False
                    channel = await node.channel()
                    await channel.queue_declare(queue)
                    await channel.exchange_delete(_noted(queue))
                finally:
                    await node.close()
            return True
        return False

    def _cancelled(self, cancel: Basic.Cancel) -> None:
        queue = str(cancel.consumer_tag)
        log.warning("a node of the broker is lost", extra={"node": queue.rpartition(".node.")[2]})
        self._watched.discard(queue)
        self._lost.add(queue)
        self.seen.set()


def _noted(queue: str) -> str:
    return f"{queue}.noted"


async def _known(connection: AbstractConnection, queue: str) -> bool:
    """Return whether a queue is there, or noted as lost: who places it removes the note after."""
    return (
        await queue_exists(connection, queue)
        or await exchange_exists(connection, _noted(queue))
        or await queue_exists(connection, queue)
    )


async def _ignore(_: DeliveredMessage) -> None:
    """Take nothing: nobody publishes to such a queue."""
