"""The updates log as it is declared and fed, and the gaps that are noted in it."""

import secrets
from collections.abc import Callable, Mapping
from typing import Final

from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelPreconditionFailed
from pamqp.common import FieldValue

from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.log import AmqpLog
from chat3_user.updates.amqp.node_losses import NodeLosses
from chat3_user.updates.amqp.passive import exchange_exists
from chat3_user.updates.amqp.probe import is_bound
from chat3_user.updates.broker import GAP
from chat3_user.updates.routing import UPDATES, probe_key

_SMALLEST_SEGMENT: Final = 1_000_000


def log_arguments(
    retention_seconds: int, retention_bytes: int, replicas: int
) -> Mapping[str, FieldValue]:
    """Return the arguments of the queue: how long it keeps what, on how many nodes."""
    return {
        "x-queue-type": "stream",
        "x-max-age": f"{retention_seconds}s",
        "x-max-length-bytes": retention_bytes,
        "x-stream-max-segment-size-bytes": max(_SMALLEST_SEGMENT, retention_bytes // 10),
        "x-initial-cluster-size": replicas,
    }


class LogDeclaration:
    """Declares the log in ``queue``, binds it, and notes in it where updates may be missing.

    ``was_unbound`` tells that the exchange was found deleted since the last gap was noted.
    """

    def __init__(
        self,
        log: AmqpLog,
        losses: NodeLosses,
        *,
        exchange: str,
        queue: str,
        arguments: Mapping[str, FieldValue],
    ) -> None:
        self._log = log
        self._losses = losses
        self._exchange = exchange
        self._queue = queue
        self._arguments = dict(arguments)
        self.was_unbound = False

    async def declare(
        self, connection: AbstractConnection, deliveries: Deliveries, lost: Callable[[], None]
    ) -> None:
        """Declare the log and attach it to ``connection``; ``lost`` is called when it is gone."""
        channel = await connection.channel()
        await channel.exchange_declare(self._exchange, exchange_type="topic", durable=True)
        try:
            await channel.queue_declare(self._queue, durable=True, arguments=self._arguments)
        except ChannelPreconditionFailed:
            # Declared before with another retention: an operator's choice, and still a log.
            channel = await connection.channel()
            await channel.queue_declare(self._queue, passive=True)
        key_of_probes = probe_key(self._queue)
        if not await is_bound(channel, self._exchange, key_of_probes):
            self.was_unbound = True  # the exchange was deleted, or the log is new
        for key in (UPDATES, key_of_probes):
            await channel.queue_bind(self._queue, self._exchange, key)
        self._log.attach(connection, deliveries, lost)
        # A log whose end can be found runs; a gap that was noted sooner could get lost like the
        # updates it tells of.
        await self._log.end()
        await self._note_gap(connection, channel)
        await channel.close()

    async def _note_gap(self, connection: AbstractConnection, channel: AbstractChannel) -> None:
        """Note a gap in the log when updates may have been published that never reached it.

        That is so when the broker has restarted since any worker was here: a starting broker takes,
        and confirms, updates before its logs run. An exchange that does not outlive the broker
        tells of the restart. It is so when this worker has found the exchange deleted. And it is so
        when a node of the cluster was lost: see `NodeLosses`.
        """
        sentinel = f"{self._queue}.running"
        restarted = not await exchange_exists(connection, sentinel)
        lost = await self._losses.unnoted(connection)
        if restarted or self.was_unbound or lost:
            await channel.basic_publish(
                GAP + secrets.token_hex(16).encode(), exchange="", routing_key=self._queue
            )
            self.was_unbound = False
        await channel.exchange_declare(sentinel, exchange_type="fanout", durable=False)
        await self._losses.noted(channel, lost)
