"""One fault at a time: clients on a worker, updates for them, and the verdict at the end."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from support.faults.archive import Archive
from support.faults.back_end import BackEnd
from support.faults.checker import Verdict, judge
from support.faults.client import StreamClient, stopped
from support.faults.history import (
    Address,
    ClientHistory,
    Delivered,
    Ended,
    Established,
    Event,
    GapSeen,
    HeartbeatSeen,
    Recorder,
)
from support.faults.proxy import Proxy
from support.faults.publisher import Publisher
from support.faults.web import WebStreamClient
from support.gateway import KEY, TENANT, Upstream
from support.web_client import Form

ALICE = Address(TENANT, "alice")


@dataclass
class Listener:
    """A client that stays until it is told to leave, behind a proxy of its own."""

    client: StreamClient
    proxy: Proxy
    recorder: Recorder
    task: "asyncio.Task[None] | None" = None

    @property
    def history(self) -> ClientHistory:
        return self.client.history

    async def come(self) -> None:
        """Listen from now on, with the last token if there is one; return once established."""
        self.task = asyncio.create_task(self.client.run())
        await self.client.live.wait()

    async def leave(self) -> None:
        """Stop listening; the token stays."""
        task, self.task = self.task, None
        if task is not None:
            await stopped(task)

    async def sees(self, what: Callable[[Event], bool]) -> Event:
        """Wait for an event, unless it has been seen already; return it."""
        while True:
            for event in self.history.events:
                if what(event):
                    return event
            await self.recorder.changed()

    async def has(self, *update_ids: str) -> None:
        """Wait until all these updates have been delivered."""
        wanted = set(update_ids)
        while not wanted <= set(self.recorder.delivered(self.history)):
            await self.recorder.changed()

    @property
    def states(self) -> list[str]:
        return [event.state for event in self.history.events if isinstance(event, HeartbeatSeen)]

    @property
    def gaps(self) -> list[GapSeen]:
        return [event for event in self.history.events if isinstance(event, GapSeen)]

    @property
    def outcomes(self) -> list[str]:
        return [event.outcome for event in self.history.events if isinstance(event, Established)]

    @property
    def ends(self) -> list[Ended]:
        return [event for event in self.history.events if isinstance(event, Ended)]

    @property
    def got(self) -> list[str]:
        return [event.update_id for event in self.history.events if isinstance(event, Delivered)]


class Scene:
    """Listeners and a publisher around whatever runs the service."""

    def __init__(
        self, stack: AsyncExitStack, upstream: Upstream, publisher: Publisher, recorder: Recorder
    ) -> None:
        self.upstream = upstream
        self.recorder = recorder
        self._publisher = publisher
        self._stack = stack
        self._listeners: list[Listener] = []

    async def listener(
        self,
        port: int,
        address: Address = ALICE,
        *,
        come: bool = True,
        offered: float = 0.0,
        key: str = KEY,
        form: Form | None = None,
        kind: type[BackEnd | Archive] | None = None,
    ) -> Listener:
        """Make a listener on the worker at ``port``; unless told otherwise it is established.

        ``form`` is how it speaks, if not gRPC; ``kind`` what it is, if not a user's device.
        """
        store = self.upstream.store
        if store.users.get(address.tenant, address.user) is None:
            store.add_user(address.tenant, address.user)
        proxy = await self._stack.enter_async_context(Proxy(port).running())
        number = len(self._listeners)
        history, rng = self.recorder.client(f"c{number}", address), random.Random(number)
        client: StreamClient
        if kind is not None:
            client = kind(self.recorder, [history], proxy.port, key, rng)
        elif form is not None:
            client = WebStreamClient(
                self.recorder, history, proxy.port, key, rng, form, offered=offered
            )
        else:
            client = StreamClient(self.recorder, history, proxy.port, key, rng, offered=offered)
        made = Listener(client, proxy, self.recorder)
        self._stack.push_async_callback(made.leave)
        self._listeners.append(made)
        if come:
            await made.come()
        return made

    async def publish(
        self,
        count: int,
        address: Address = ALICE,
        *,
        typing: bool | None = False,
        padding: int = 0,
    ) -> list[str]:
        """Publish updates one after the other, each confirmed; return their ids."""
        publish = partial(self._publisher.confirmed, address, typing=typing, padding=padding)
        return [(await publish()).update_id for _ in range(count)]

    async def burst(
        self, count: int, address: Address = ALICE, *, typing: bool | None = False
    ) -> None:
        """Publish updates without waiting between them."""
        await self._publisher.burst(address, count, typing=typing)

    async def verdict(self) -> Verdict:
        """Publish a last update to everybody who listens, wait for it, and judge."""
        present = [listener for listener in self._listeners if listener.task is not None]
        last = {
            address: await self.publish(1, address)
            for address in {listener.history.address for listener in present}
        }
        for listener in present:
            await listener.has(*last[listener.history.address])
        return judge(self.recorder.publications, self.recorder.clients)

    async def nothing_was_lost(self) -> None:
        """Fail unless every promise was kept without a gap."""
        verdict = await self.verdict()
        assert verdict.kept, list(verdict.findings())
        assert not verdict.gaps


@asynccontextmanager
async def scene(upstream: Upstream, rabbitmq_url: str) -> AsyncIterator[Scene]:
    """Set a scene within the block."""
    recorder = Recorder()
    async with AsyncExitStack() as stack:
        publisher = Publisher("p", rabbitmq_url, lambda: recorder, random.Random(0))
        stack.push_async_callback(publisher.close)
        yield Scene(stack, upstream, publisher, recorder)
