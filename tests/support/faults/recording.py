"""Full recordings of what the platform published: a queue bound to everything, and the log itself.

The queue says what there was, the log in which order. Both are read with nothing of the service.
"""

import asyncio
import json
import secrets
from collections.abc import Sequence
from typing import Any, NamedTuple

import aiormq
from aiormq.abc import AbstractConnection, DeliveredMessage

from chat3_user.mapping.updates import UpdateDecoder
from support.faults.publisher import EXCHANGE

_AGAIN = 1000
"""Entries of the log within which an update that is published again is not delivered again."""


class Recorded(NamedTuple):
    """An update as it was published, and where the log has it; a hole is of no tenant."""

    tenant: str
    user: str
    update_id: str
    kind: str
    dialog: str
    offset: int = -1

    @property
    def name(self) -> tuple[str, str]:
        return self.user, self.update_id


HOLE = "a hole in the log"


class Recording:
    """Records from `start` on, whatever becomes of the broker meanwhile."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._queue = f"recording_{secrets.token_hex(4)}"
        self._decoder = UpdateDecoder()

    async def start(self) -> None:
        """Bind a queue to everything that is published."""
        connection = await aiormq.connect(self._url)
        channel = await connection.channel()
        await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        await channel.queue_declare(self._queue, durable=True)
        await channel.queue_bind(self._queue, EXCHANGE, "#")
        await connection.close()

    async def published(self) -> list[Recorded]:
        """Return all that reached the exchange, as often as it did, and delete the queue."""
        connection = await aiormq.connect(self._url)
        channel = await connection.channel()
        found = []
        while (message := await channel.basic_get(self._queue, no_ack=True)).body:
            key = message.routing_key or ""
            if key.startswith("update."):
                found.append(self._recorded(bytes(message.body)))
        await channel.queue_delete(self._queue)
        await connection.close()
        return found

    async def logged(self, log: str) -> list[Recorded]:
        """Return what the log holds, in its order: updates, and holes."""
        connection = await aiormq.connect(self._url)
        try:
            return await self._read(connection, log)
        finally:
            await connection.close()

    async def _read(self, connection: AbstractConnection, log: str) -> list[Recorded]:
        channel = await connection.channel()
        end, found = secrets.token_hex(8).encode(), list[Recorded]()
        ended = asyncio.Event()

        async def arrived(message: DeliveredMessage) -> None:
            await channel.basic_ack(message.delivery_tag or 0, wait=False)
            headers: Any = message.header.properties.headers
            body, offset = bytes(message.body), int(headers["x-stream-offset"])
            if (message.routing_key or "").startswith("update."):
                found.append(self._recorded(body, offset))
            elif body.startswith(b"hole "):
                found.append(Recorded("", "", HOLE, "", "", offset))
            elif body == end:
                ended.set()

        await channel.basic_qos(prefetch_count=1000)
        await channel.basic_consume(log, arrived, arguments={"x-stream-offset": "first"})
        await channel.basic_publish(end, exchange="", routing_key=log)
        async with asyncio.timeout(60):
            await ended.wait()
        return found

    def _recorded(self, body: bytes, offset: int = -1) -> Recorded:
        """Read what names an update from its JSON; the decoder says only its kind and dialog."""
        published = json.loads(body)
        decoded = self._decoder.decode(body)
        assert decoded is not None
        update_id = ":".join(published[name] for name in ("eventId", "updateType", "entityId"))
        kind = str(decoded.kind.name)
        return Recorded(
            published["tenantId"], published["userId"], update_id, kind, decoded.dialog_id, offset
        )


def wanted(
    logged: Sequence[Recorded], tenant: str, kinds: Sequence[str] = (), dialogs: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Return the names of what a stream of the tenant must bring, in order, each once."""
    last: dict[tuple[str, str], int] = {}
    names = []
    for one in logged:
        passes = (
            one.tenant == tenant
            and (not kinds or one.kind in kinds)
            and (not dialogs or not one.dialog or one.dialog in dialogs)
        )
        if passes:
            before = last.get(one.name)
            last[one.name] = one.offset
            if before is None or one.offset - before >= _AGAIN:
                names.append(one.name)
    return names
