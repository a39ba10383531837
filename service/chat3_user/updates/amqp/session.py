"""One connection to RabbitMQ: what is declared on it, one queue for all updates, its consumer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiormq.abc import AbstractChannel, AbstractConnection, DeliveredMessage
from aiormq.exceptions import (
    ChannelAccessRefused,
    ChannelClosed,
    ChannelNotFoundEntity,
    PublishError,
)
from pamqp.commands import Basic

from chat3_user.telemetry import NO_CARRIER
from chat3_user.updates.amqp.carried import carrier_in
from chat3_user.updates.amqp.deliveries import Deliveries
from chat3_user.updates.amqp.failures import FAILURES, end_if_cancelled
from chat3_user.updates.amqp.passive import queue_exists
from chat3_user.updates.amqp.probe import is_bound
from chat3_user.updates.broker import Sink
from chat3_user.updates.delivery_limits import DeliveryLimits
from chat3_user.updates.routing import UPDATES, barrier_key, probe_key

log = logging.getLogger(__name__)

_CONSUMER = "updates"
"""The consumer's tag; readers of the log have tags of their own."""

_PROBE_TIMEOUT = 5.0


class SessionEndedError(Exception):
    """The session cannot go on; the text says why."""


class AmqpSession:
    """Consumes updates from the worker's queue until the connection, channel or consumer dies.

    `start` declares a ``queue``, which outlives the session, and a restart of the broker, for as
    long as ``limits`` say: the next session of the same worker can `resume` it. `delete` leaves
    nothing behind.
    ``unbound`` tells that the exchange was deleted, with the binding of the updates log: what was
    published since may be nowhere. It is being found out while ``judging`` is held. The headers of
    updates are looked at only where they are ``traced``.
    """

    def __init__(
        self,
        connection: AbstractConnection,
        deliveries: Deliveries,
        *,
        exchange: str,
        log_queue: str,
        sink: Sink,
        limits: DeliveryLimits,
        traced: bool = False,
    ) -> None:
        self.connection = connection
        self._traced = traced
        self.unbound = False
        self.judging = asyncio.Lock()
        self._deliveries = deliveries
        self._exchange = exchange
        self._probe_key = probe_key(log_queue)
        self._limits = limits
        self.queue = ""
        self._barrier_key = ""
        self._barrier_key_sent = b""
        self._sink = sink
        self._channel: AbstractChannel | None = None
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._unacknowledged = 0
        self._last_tag = 0
        self._acknowledging: asyncio.Task[None] | None = None

    async def resume(self, queue: str) -> bool:
        """Consume from a queue that was started before; return whether it has missed nothing.

        It has where it is gone, where its node is away, and where the broker still takes the
        worker's last connection for alive. Nothing is declared or bound here, for a queue may be
        deleted at any moment: what is made anew has missed what came before.

        Raises `SessionEndedError` where its bindings are gone.
        """
        channel = await self._open_channel(queue)
        try:
            await self._consume(channel, queue)
        except (ChannelAccessRefused, ChannelNotFoundEntity):
            return False
        if not await is_bound(channel, self._exchange, self._barrier_key):
            self.unbound = await queue_exists(self.connection, queue)
            raise SessionEndedError("the exchange or the queue was deleted meanwhile")
        return True

    async def start(self, queue: str) -> None:
        """Declare a queue that nobody has declared before, bind it to all updates, consume."""
        channel = await self._open_channel(queue)
        expires = int(self._limits.queue_expires * 1000)
        await channel.queue_declare(queue, durable=True, arguments={"x-expires": expires})
        await self._consume(channel, queue)
        for key in (UPDATES, self._barrier_key):
            await channel.queue_bind(queue, self._exchange, key)

    async def _open_channel(self, queue: str) -> AbstractChannel:
        self.queue, self._barrier_key = queue, barrier_key(queue)
        self._barrier_key_sent = self._barrier_key.encode()
        channel = self._channel = await self.connection.channel()
        await channel.exchange_declare(self._exchange, exchange_type="topic", durable=True)
        return channel

    async def _consume(self, channel: AbstractChannel, queue: str) -> None:
        channel.on_consumer_cancel_callbacks.add(self._cancelled)
        self._deliveries.take_from(_CONSUMER, self._taken)
        await channel.basic_qos(prefetch_count=self._limits.prefetch)
        await channel.basic_consume(queue, _ignore, exclusive=True, consumer_tag=_CONSUMER)

    async def delete(self) -> None:
        """Delete the queue."""
        # The broker tells the consumer that its queue is gone; nobody waits for that any more.
        self._ended.cancel()
        with suppress(*FAILURES):
            async with asyncio.timeout(5):
                await self._open().queue_delete(self.queue)

    async def send_barrier(self, barrier: str) -> None:
        """Send a barrier through the exchange to the own queue."""
        async with self._needs_exchange():
            await self._open().basic_publish(
                barrier.encode(),
                exchange=self._exchange,
                routing_key=self._barrier_key,
                mandatory=True,
            )

    @asynccontextmanager
    async def _needs_exchange(self) -> AsyncIterator[None]:
        """End the session when the exchange, or the queue that was bound to it, is gone."""
        try:
            yield
        except (ChannelNotFoundEntity, PublishError) as error:
            async with self.judging:
                self.unbound = True  # unless the log says otherwise, should the connection die now
                self.unbound = not await self.log_is_bound()
            self.end(f"the exchange or its bindings are gone: {error}")
            raise

    async def log_is_bound(self) -> bool:
        """Return whether updates reach the log, as they do unless the exchange was deleted."""
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT):
                channel = await self.connection.channel()
                bound = await is_bound(channel, self._exchange, self._probe_key)
                await channel.close()
        except FAILURES:
            return False
        return bound

    async def ended(self) -> None:
        """Wait until the session cannot go on, then raise `SessionEndedError`."""
        channel = self._open()
        waits = {
            asyncio.ensure_future(asyncio.shield(self._ended)),
            asyncio.ensure_future(channel.closing),
            asyncio.ensure_future(self.connection.closing),
        }
        done: set[asyncio.Future[None]] = set()
        try:
            while not done:
                end_if_cancelled()
                done, _ = await asyncio.wait(
                    waits,
                    timeout=self._limits.acknowledge_within,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if not done:
                    await self._acknowledge()
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
        causes = [str(wait.exception()) for wait in done if not wait.cancelled()]
        raise SessionEndedError("; ".join(causes) or "closed")

    async def close(self) -> None:
        """Close the connection."""
        with suppress(*FAILURES):
            await asyncio.wait_for(self.connection.close(), timeout=5)
        if not self._ended.done():
            self._ended.cancel()

    def _open(self) -> AbstractChannel:
        if self._channel is None or self._channel.is_closed:
            raise ChannelClosed(None, "the channel is closed")
        return self._channel

    def end(self, problem: str) -> None:
        """End the session, so that another begins."""
        if not self._ended.done():
            self._ended.set_exception(SessionEndedError(problem))

    def _cancelled(self, _: Basic.Cancel) -> None:
        self.end("the consumer was cancelled by the broker")

    def _taken(self, tag: int, routing_key: bytes, properties: bytes, body: bytes) -> None:
        try:
            if routing_key == self._barrier_key_sent:
                self._sink.barrier_reached(body.decode())
            else:
                carrier = carrier_in(properties) if self._traced else NO_CARRIER
                self._sink.delivered(body, carrier)
        except Exception:
            log.exception("a delivered update could not be handled")
        self._unacknowledged += 1
        self._last_tag = tag
        if self._unacknowledged == self._limits.acknowledge_every:
            self._acknowledging = asyncio.create_task(self._acknowledge())

    async def _acknowledge(self) -> None:
        if self._unacknowledged:
            self._unacknowledged = 0
            with suppress(*FAILURES):
                await self._open().basic_ack(self._last_tag, multiple=True, wait=False)


async def _ignore(_: DeliveredMessage) -> None:
    """Stand in for aiormq's callback; what it would be called with is taken before."""
