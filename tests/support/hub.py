"""A hub on a broker that a test holds in its hands, and streams read by hand."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import timedelta
from typing import Any

from chat3_api.chat3.user.v1 import (
    Gap,
    ListUpdatesResponse,
    ResumeOutcome,
    SubscribeUpdatesResponse,
)
from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.telemetry import Deliveries
from chat3_user.updates.broker import (
    BrokerUnavailableError,
    LogEntry,
    LogPosition,
    LogUnreadableError,
    Sink,
)
from chat3_user.updates.decoded import Address
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.settings import HubSettings, StreamSettings
from chat3_user.updates.fanout.stream import responses
from chat3_user.updates.log.tokens import Token
from chat3_user.updates.memory_broker import MemoryBroker
from chat3_user.wire import encode


class Puppet(MemoryBroker):
    """A broker whose queue a test can hold back, delete, or let come again."""

    def __init__(self) -> None:
        super().__init__("epoch")
        self.queue: list[bytes] = []
        self.delivered: list[bytes] = []
        self.flowing = True
        self.dying = False
        self.failed_reads = 0
        self.log.read = self._read(self.log.read)  # type: ignore[method-assign]

    def _read(self, read: Any) -> Any:
        """Let a dying broker fail a reader first, then its barrier, and come back."""

        async def reading(after: LogPosition, until: LogPosition) -> AsyncGenerator[LogEntry, None]:
            if self.dying:
                self.failed_reads += 1
                raise LogUnreadableError("the connection was lost")
            async for entry in read(after, until):
                yield entry

        return reading

    @property
    def sink(self) -> Sink:
        assert self._sink is not None
        return self._sink

    async def update(self, number: int, user: str = "alice", padding: int = 0) -> None:
        """Publish an update; it reaches the log at once, the hub when the queue flows."""
        meta = {"padding": "x" * padding}
        body = json.dumps(
            {
                "tenantId": "t",
                "userId": user,
                "entityId": user,
                "eventId": str(number),
                "sourceEventType": "user.changed",
                "updateType": "update.user",
                "data": {"user": {"userId": user, "type": "user", "meta": meta}},
            }
        ).encode()
        self.log.append(body)
        self.queue.append(body)
        if self.flowing:
            self.flow()

    def flow(self, *, again: int = 0) -> None:
        """Deliver what waits in the queue, beginning with the last ``again`` delivered."""
        self.flowing = True
        self.queue[:0] = self.delivered[-again:] if again else []
        self.delivered += self.queue
        queue, self.queue = self.queue, []
        for body in queue:
            self.sink.delivered(body)

    async def send_barrier(self, barrier: str) -> None:
        """Let the queue flow as far as the barrier."""
        if self.dying and self.failed_reads:
            self.dying = False
            self.sink.lost()
            self.sink.regained(complete=True)
            raise BrokerUnavailableError
        flowing = self.flowing
        self.flow()
        self.flowing = flowing
        await super().send_barrier(barrier)


ALL = Filter()
SETTINGS = HubSettings()


async def streamed(
    hub: Hub, address: Address, token: Token | None, wanted: Filter = ALL
) -> AsyncGenerator[SubscribeUpdatesResponse, None]:
    """Open a stream and yield its responses."""
    with hub.subscription(*address, "c", wanted) as (feed, subscription):
        async with aclosing(
            responses(
                hub,
                feed,
                subscription,
                token,
                timedelta(seconds=30),
                StreamSettings(3600, 3600),
                lambda: asyncio.sleep(0),
            )
        ) as batches:
            async for batch in batches:
                for message in tuple(batch):
                    yield SubscribeUpdatesResponse.parse(bytes(message))
                batch.clear()


class Phone:
    """A client that wakes up, asks what it missed, and keeps the token."""

    def __init__(self, hub: Hub, token: str = "", user: str = "alice") -> None:
        self.hub = hub
        self.token = token
        self.got: list[int] = []
        self.gaps: list[Gap] = []
        self._user = user

    async def wakes(self, size: int = 100, wanted: Filter = ALL) -> ListUpdatesResponse:
        """Ask once; return the answer as it would arrive."""
        token = self.hub.read_token(self.token, "t", self._user)
        async with asyncio.timeout(30):
            page = await self.hub.catch_ups.page(("t", self._user), token, wanted, size)
        answer = ListUpdatesResponse.parse(bytes(encode(page)))
        self.token = answer.next_resume_token
        self.got += [int(update.event_id) for update in answer.updates]
        if answer.gap is not None:
            self.gaps.append(answer.gap)
        return answer

    async def catches_up(self, size: int = 100, wanted: Filter = ALL) -> list[int]:
        """Ask until nothing more waits; return what came in each answer, as lengths."""
        answer = await self.wakes(size, wanted)
        lengths = [len(answer.updates)]
        while answer.has_more:
            answer = await self.wakes(size, wanted)
            lengths.append(len(answer.updates))
        return lengths


@asynccontextmanager
async def a_hub(
    broker: Puppet | None = None,
    settings: HubSettings = SETTINGS,
    traces: Deliveries | None = None,
) -> AsyncIterator[tuple[Hub, Puppet]]:
    broker = broker or Puppet()
    hub = Hub(broker, UpdateDecoder().decode, address_of, settings, traces=traces)
    await hub.open()
    yield hub, broker
    await hub.close()


class Reader:
    """One stream, read by hand."""

    def __init__(self, hub: Hub, token: str = "", user: str = "alice") -> None:
        self.got: list[int] = []
        self.gaps = 0
        self.outcome = ResumeOutcome.UNSPECIFIED
        self.token = token
        self._established = asyncio.Event()
        self._task = asyncio.create_task(self._read(hub, user))

    @classmethod
    async def open(cls, hub: Hub, token: str = "", user: str = "alice") -> "Reader":
        reader = cls(hub, token, user)
        await reader._established.wait()
        return reader

    async def _read(self, hub: Hub, user: str) -> None:
        token = hub.read_token(self.token, "t", user)
        async for response in streamed(hub, ("t", user), token):
            self.token = response.resume_token
            self.gaps += response.gap is not None
            if response.connection_established is not None:
                self.outcome = response.connection_established.resume_outcome
            if response.update is not None:
                self.got.append(int(response.update.event_id))
            self._established.set()

    async def close(self) -> "Reader":
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        return self

    async def has(self, *numbers: int) -> None:
        """Wait for these updates and see that nothing else came."""
        async with asyncio.timeout(30):
            while len(self.got) < len(numbers):
                await asyncio.sleep(0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert self.got == list(numbers)
        assert not self.gaps
