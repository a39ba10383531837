"""Updates as most teams would stream them: a channel, a queue and a consumer for each stream."""

from collections.abc import AsyncIterator

import aio_pika
import msgspec
from aio_pika.abc import AbstractRobustConnection

from reference import models as m

_decoder = msgspec.json.Decoder(m.Update)
_EXCHANGE = "chat3_updates"


async def subscribe(
    connection: AbstractRobustConnection, user_id: str
) -> AsyncIterator[m.Update | None]:
    """Yield `None` once the queue is bound, then the user's updates."""
    async with connection.channel() as channel:
        await channel.set_qos(prefetch_count=100)
        exchange = await channel.declare_exchange(
            _EXCHANGE, aio_pika.ExchangeType.TOPIC, durable=True
        )
        queue = await channel.declare_queue(exclusive=True, auto_delete=True)
        await queue.bind(exchange, f"update.*.*.{user_id}.*")
        yield None
        async with queue.iterator() as deliveries:
            async for delivery in deliveries:
                async with delivery.process():
                    yield _decoder.decode(delivery.body)
