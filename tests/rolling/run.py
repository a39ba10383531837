"""Restarts everything one by one under load, and counts what clients notice.

Two nodes of the service with two workers each stand behind HAProxy. RabbitMQ is a cluster of three
nodes, Redis three servers and three Sentinels. Clients follow the rules of docs/clients.md. The
exit status is 1 when a call failed, or an update was lost or came twice.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from nodes import WORKERS, HaProxy, end_worker, node, ready, worker_pids
from platform_process import PlatformProcess, platform_process
from streams import clients

from support.faults.checker import Verdict, judge
from support.faults.client import StreamClient, stopped
from support.faults.history import Address, Delivered, Ended, GapSeen, Recorder
from support.faults.publisher import Publisher
from support.faults.workers import Worker
from support.keyed_sends import KeyedSends, keyed_sends
from support.patience import HANGS
from support.persistent_calls import CallTally
from support.rabbitmq import RabbitMQ
from support.rabbitmq_cluster import RabbitCluster
from support.redis import RedisServer
from support.redis_sentinel import RedisBehindSentinels
from support.web_client import FORMS

_LOG = "rolling_log"
_PUBLISHERS = 2


class Rolling:
    """Everything that runs, and how each part of it is restarted."""

    def __init__(self, folder: Path) -> None:
        self.cluster = RabbitCluster(folder / "rabbitmq")
        self.redis = RedisBehindSentinels(folder / "redis")
        self.nodes: list[Worker] = []
        self.haproxy: HaProxy | None = None
        self.platform: PlatformProcess | None = None

    async def start(self, stack: AsyncExitStack, folder: Path, platform: PlatformProcess) -> None:
        """Start the service, and what stands in front of it."""
        self.platform = platform
        environment = {
            "TENANT_API_URL": platform.upstream.url,
            "RABBITMQ_URL": self.cluster.url,
            "RABBITMQ_UPDATES_LOG": _LOG,
            "REDIS_URL": self.redis.url,
            "REDIS_REPLICAS": "1",
            "TRUSTED_PROXIES": "1",
        }
        self.nodes = [node(name, environment) for name in ("node1", "node2")]
        for each in self.nodes:
            stack.push_async_callback(each.stop)
            await each.start()
            await ready(each)
        self.haproxy = HaProxy(folder / "haproxy", self.nodes)
        stack.push_async_callback(self.haproxy.stop)
        await self.haproxy.start()

    def steps(self) -> list[tuple[str, Callable[[], Awaitable[None]]]]:
        """Return all restarts, by name."""
        assert self.haproxy is not None
        assert self.platform is not None
        workers = [each for each in self.nodes for _ in range(WORKERS)]
        parts: tuple[tuple[str, Callable[[Any], Awaitable[None]], Sequence[Any]], ...] = (
            ("the service, node", self._node, self.nodes),
            ("a worker alone,", self._worker, workers),
            ("RabbitMQ, node", self._rabbit, self.cluster.nodes),
            ("Sentinel", self._redis, self.redis.sentinels),
            ("Redis, server", self._redis, self.redis.servers[::-1]),  # The primary is the last.
        )
        steps: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            (f"{name} {number}", partial(restart, each))
            for name, restart, all_of_them in parts
            for number, each in enumerate(all_of_them, start=1)
        ]
        return [
            *steps,
            ("tenant-api", self.platform.restart),
            ("HAProxy", self.haproxy.reload),
        ]

    async def _node(self, each: Worker) -> None:
        await each.stop(timeout=90)
        await each.start()
        await ready(each)

    async def _worker(self, each: Worker) -> None:
        live = each.says("broker session is live")
        end_worker(worker_pids(each)[0])  # The one that has run for longest.
        await live
        await ready(each)

    async def _rabbit(self, rabbit: RabbitMQ) -> None:
        await asyncio.to_thread(rabbit.stop)
        await asyncio.to_thread(rabbit.start)
        async with asyncio.timeout(2 * HANGS):
            while self._copies() < len(self.cluster.nodes):
                await asyncio.sleep(0.5)

    def _copies(self) -> int:
        """Return how many nodes have the updates log."""
        told = self.cluster.nodes[0].ctl("list_queues", "--no-table-headers", "name", "online")
        for line in told.split("\n"):
            name, _, online = line.partition("\t")
            if name == _LOG:
                return online.count("@")
        return 0

    async def _redis(self, server: RedisServer) -> None:
        await asyncio.to_thread(server.stop)
        async with asyncio.timeout(2 * HANGS):
            while await asyncio.to_thread(self.redis.primary) is None:
                await asyncio.sleep(0.3)
        server.start()
        async with asyncio.timeout(2 * HANGS):
            while await asyncio.to_thread(self.redis.replicas_in_step) < 2:
                await asyncio.sleep(0.3)


class Load:
    """Streams, publishers and callers; `seen` says what has happened so far."""

    def __init__(
        self, recorder: Recorder, listeners: Sequence[StreamClient], sends: KeyedSends
    ) -> None:
        self._recorder = recorder
        self._listeners = listeners
        self._sends = sends

    def seen(self) -> Counter[str]:
        """Count the endings of streams by reason, the gaps, and the attempts that were repeated."""
        found = Counter[str]()
        for client in self._recorder.clients:
            for event in client.events:
                if isinstance(event, Ended):
                    found[f"stream: {event.reason or event.status}"] += 1
                elif isinstance(event, GapSeen):
                    found["gap"] += 1
        for reason, count in self._sends.tally.attempts.items():
            found[f"call again: {reason}"] += count
        return found

    async def all_live(self) -> None:
        """Wait until every stream is there."""
        for listener in self._listeners:
            await listener.live.wait()


async def _settled(
    recorder: Recorder, publishers: Sequence[Publisher], addresses: Sequence[Address]
) -> list[str]:
    """Publish a last update to everybody; name the clients that do not get it."""
    last = {address: await publishers[0].confirmed(address) for address in addresses}
    deadline = time.monotonic() + 2 * HANGS
    missing = list(recorder.clients)
    while missing and time.monotonic() < deadline:
        await asyncio.sleep(0.5)
        missing = [
            client
            for client in missing
            if not any(
                isinstance(event, Delivered) and event.update_id == last[client.address].update_id
                for event in client.events[-50:]
            )
        ]
    return [client.name for client in missing]


async def _play(
    streams: int, callers: int, seed: int, only: str, folder: Path
) -> tuple[Verdict, CallTally, list[str]]:
    rolling, recorder = Rolling(folder), Recorder()
    async with AsyncExitStack() as stack:
        rolling.redis.start()
        stack.callback(rolling.redis.stop)
        stack.callback(rolling.cluster.stop)
        await asyncio.to_thread(rolling.cluster.start)
        platform = await stack.enter_async_context(platform_process(folder))
        upstream = platform.upstream
        await rolling.start(stack, folder, platform)
        assert rolling.haproxy is not None
        port = rolling.haproxy.port
        listeners, addresses = clients(recorder, port, streams, seed)
        for address in addresses:
            upstream.store.add_user(address.tenant, address.user)
        urls = [each.url for each in rolling.cluster.nodes]
        publishers = [
            Publisher(f"p{number}", urls, lambda: recorder, random.Random(seed + number))
            for number in range(_PUBLISHERS)
        ]
        for publisher in publishers:
            stack.push_async_callback(publisher.close)
        listening = []
        for listener in listeners:
            listening.append(asyncio.create_task(listener.run()))
            await asyncio.sleep(0.01)  # A storm is not what is measured.
        async with keyed_sends(
            upstream, lambda: port, (None, *FORMS), users=callers, pause=1.0, seed=seed
        ) as sends:
            load = Load(recorder, listeners, sends)
            await load.all_live()
            print(f"{streams} streams of {len(addresses)} users are open, {callers} callers call")
            publishing = [
                asyncio.create_task(publisher.run(addresses, 0.2)) for publisher in publishers
            ]
            for name, restart in rolling.steps():
                if only in name:
                    await _step(name, restart, load)
            for task in publishing:
                await stopped(task)
        problems = sends.problems()
        stuck = await _settled(recorder, publishers, addresses)
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    verdict = judge(recorder.publications, recorder.clients)
    verdict.stuck += stuck
    return verdict, sends.tally, problems


async def _step(name: str, restart: Callable[[], Awaitable[None]], load: Load) -> None:
    """Restart one thing, wait until all streams are there again, and say what was noticed."""
    before, begun = load.seen(), time.monotonic()
    await restart()
    await load.all_live()
    await asyncio.sleep(3)
    changed = load.seen() - before
    took = time.monotonic() - begun
    print(f"{name:24} {took:5.1f} s  {dict(sorted(changed.items()))}", flush=True)


def main() -> int:
    """Run it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=2000)
    parser.add_argument("--callers", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="restart only what has this in its name")
    arguments = parser.parse_args()
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        verdict, calls, problems = asyncio.run(
            _play(
                arguments.streams, arguments.callers, arguments.seed, arguments.only, Path(folder)
            )
        )
    print(f"\nupdates: {verdict}")
    for line in verdict.findings():
        print(f"    {line}")
    print(f"calls: {calls}; messages lost or doubled {len(problems)}")
    for line in problems[:10]:
        print(f"    {line}")
    kept = verdict.kept and not problems and not calls.failed
    print(f"{'kept' if kept else 'BROKEN'} in {time.monotonic() - began:.0f} s")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
