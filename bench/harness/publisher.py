"""Publishes recorded updates to RabbitMQ, as fast as it goes or by a schedule.

Every update carries, in its text, when it was due: latency counts from there, not from when a busy
publisher came round to it (coordinated omission). The frames are made once for each user and only
the event id and the time are put in, so that the publisher costs next to nothing.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection, ChannelFrame
from pamqp.body import ContentBody
from pamqp.commands import Basic
from pamqp.frame import marshal
from pamqp.header import ContentHeader
from upstream import bodies

from harness.broker import EXCHANGE

DUE = b"due:"
DUE_DIGITS = 16
"""``due:`` and so many digits of monotonic microseconds stand in every update's text."""

_TEXT = " The courier came while nobody was at home. Could you deliver it tomorrow, after six?"
_NO_EVENT = "e" * 32
_NO_TIME = "0" * DUE_DIGITS
_BATCH = 16


def user_id(number: int) -> str:
    return f"user_{number:04d}"


@dataclass(frozen=True, slots=True)
class _Template:
    """One user's update as AMQP frames, cut where the event id and the time belong."""

    before: bytes
    between: bytes
    after: bytes

    def update(self, event: str, due: float) -> bytes:
        time_text = f"{int(due * 1e6):0{DUE_DIGITS}d}"
        return b"".join((self.before, event.encode(), self.between, time_text.encode(), self.after))


def _template(channel: int, number: int) -> _Template:
    user = user_id(number)
    body = bodies.published(user, f"evt_{_NO_EVENT}", f"{DUE.decode()}{_NO_TIME}{_TEXT}")
    properties = Basic.Properties(
        content_type="application/json",
        delivery_mode=2,
        headers={"userId": user, "updateType": "update.message"},
    )
    frames = b"".join(
        marshal(part, channel)
        for part in (
            Basic.Publish(exchange=EXCHANGE, routing_key=f"update.dialog.user.{user}.message"),
            ContentHeader(body_size=len(body), properties=properties),
            ContentBody(body),
        )
    )
    before, rest = frames.split(_NO_EVENT.encode())
    between, after = rest.split(_NO_TIME.encode())
    return _Template(before, between, after)


class Publisher:
    """Publishes for ``users`` users, one after the other; without confirms, as the platform."""

    def __init__(
        self, connection: AbstractConnection, channel: AbstractChannel, users: int
    ) -> None:
        self._channel = channel
        self._queue = connection.write_queue
        self._run = secrets.token_hex(8)
        self._count = 0
        self._templates = [_template(channel.number, number) for number in range(users)]

    async def flood(self, total: int) -> None:
        """Publish ``total`` updates as fast as it goes."""
        for begin in range(0, total, _BATCH):
            now = time.monotonic()
            await self._put([self._next(now) for _ in range(min(_BATCH, total - begin))])

    async def paced(self, rate: float, seconds: float) -> float:
        """Publish ``rate`` updates a second, each when it is due; return the worst delay."""
        begin, worst = time.monotonic() + 0.05, 0.0
        for number in range(int(rate * seconds)):
            due = begin + number / rate
            ahead = due - time.monotonic()
            if ahead > 0:
                await asyncio.sleep(ahead)
            await self._put([self._next(due)])
            worst = max(worst, time.monotonic() - due)
        return worst

    async def passed(self) -> None:
        """Wait until the broker has taken all that was published."""
        await self._channel.queue_declare(exclusive=True, auto_delete=True)

    def _next(self, due: float) -> bytes:
        number, self._count = self._count, self._count + 1
        template = self._templates[number % len(self._templates)]
        return template.update(f"{self._run}{number:016x}", due)

    async def _put(self, updates: list[bytes]) -> None:
        frame = ChannelFrame(payload=b"".join(updates), should_close=False)
        await self._queue.put(frame)


@asynccontextmanager
async def publisher(url: str, users: int) -> AsyncIterator[Publisher]:
    """Connect a publisher within the block; all it published has been taken when the block ends."""
    connection = await aiormq.connect(url)
    channel = await connection.channel(publisher_confirms=False)
    await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
    made = Publisher(connection, channel, users)
    yield made
    await made.passed()
    await connection.close()
