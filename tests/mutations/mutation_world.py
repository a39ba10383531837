"""Workers as processes before a faulty platform, callers that do not give up, a checker."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from google.rpc import error_details_pb2
from grpclib.client import Channel
from grpclib.const import Cardinality
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.exceptions import GRPCError, StreamTerminatedError
from h2.exceptions import ProtocolError
from mutation_proxy import LATEST, FaultProxy

from chat3_api.chat3.user import v1 as pb
from chat3_embedded.server import serve
from chat3_embedded.store import Store
from support.faults.workers import Worker
from support.gateway import KEY, TENANT, metadata
from support.redis import RedisServer

# The settle time leaves room for what is late on purpose and for a busy machine: `lag` is checked.
LEASE, SETTLE = 1.0, 3.0
LAG_ALLOWED: Final = SETTLE - LATEST
_LONG: Final = 20.0
# So many keys of one seed are under way at once: a slow machine takes longer, and is not flooded.
_AT_ONCE: Final = 20
_UNARY: Final = Cardinality.UNARY_UNARY


@dataclass
class Tally:
    """What a seed, or all of them, came to."""

    sends: int = 0
    attempts: int = 0
    replayed: int = 0
    kills: int = 0
    store_outages: int = 0
    doubled: int = 0
    phantom: int = 0
    lost: int = 0
    unanswered: int = 0
    lag: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        for name, value in vars(other).items():
            if isinstance(value, int):
                setattr(self, name, getattr(self, name) + value)
        self.lag = max(self.lag, other.lag)
        self.failures += other.failures

    @property
    def broken(self) -> int:
        return self.doubled + self.phantom + self.lost + self.unanswered


class World:
    def __init__(
        self,
        store: Store,
        proxy: FaultProxy,
        workers: list[Worker],
        redis: RedisServer | None,
    ) -> None:
        self.store = store
        self.proxy = proxy
        self.workers = workers
        self.redis = redis
        self.channels = [
            Channel("127.0.0.1", worker.grpc_port, status_details_codec=ProtoStatusDetailsCodec())
            for worker in workers
        ]
        if store.users.get(TENANT, "alice") is None:
            store.add_user(TENANT, "alice")

    def close(self) -> None:
        for channel in self.channels:
            channel.close()

    async def run(self, seeds: Sequence[int], sends: int) -> Tally:
        """Send ``sends`` messages, with a key each, for every seed through its faults; check them.

        Seeds that run together share the killing of workers and store.
        """
        total = Tally()
        self.proxy.faulty = True
        async with asyncio.TaskGroup() as group:
            trouble = group.create_task(self._trouble(seeds[0], total))
            watch = group.create_task(_watch_lag(total))
            tallies = await asyncio.gather(*(self._seed(seed, sends) for seed in seeds))
            trouble.cancel()
            watch.cancel()
        self.proxy.faulty = False
        await self.proxy.quiet()
        for tally, check in tallies:
            check()
            total.add(tally)
        return total

    async def _seed(self, seed: int, sends: int) -> tuple[Tally, Callable[[], None]]:
        draw = random.Random(seed)
        dialog = self.store.add_dialog(TENANT).dialog_id
        self.store.add_member(TENANT, dialog, "alice")
        self.proxy.seed(dialog, draw.getrandbits(32))
        tally = Tally(sends=sends)
        answers: dict[str, list[str]] = {f"{seed}-{index}": [] for index in range(sends)}
        room = asyncio.Semaphore(_AT_ONCE)

        async def repeat(key: str, hows: list[random.Random]) -> None:
            async with room, asyncio.TaskGroup() as callers:
                for how in hows:
                    callers.create_task(self._caller(dialog, key, how, answers[key], tally))

        async with asyncio.TaskGroup() as keys:
            for key in answers:
                count = draw.choice((1, 1, 1, 2, 3))
                hows = [random.Random(draw.getrandbits(32)) for _ in range(count)]
                keys.create_task(repeat(key, hows))
        return tally, lambda: self._check(dialog, answers, tally)

    def _check(self, dialog: str, answers: Mapping[str, list[str]], tally: Tally) -> None:
        written: dict[str, list[str]] = {}
        for message in self.store.messages.page({"tenantId": TENANT, "dialogId": dialog}):
            written.setdefault(message.content, []).append(message.message_id)
        for key, ids in answers.items():
            there = written.get(key, [])
            tally.doubled += len(there) > 1
            tally.phantom += any(id_ not in there for id_ in ids)
            tally.lost += bool(ids) and not there
            tally.unanswered += not ids
            tally.phantom += len(set(ids)) > 1

    async def _caller(
        self, dialog: str, key: str, how: random.Random, ids: list[str], tally: Tally
    ) -> None:
        """Repeat one request, at any worker, until it is answered."""
        request = pb.SendMessageRequest(dialog_id=dialog, content=key, idempotency_key=key)
        await asyncio.sleep(how.choice((0.0, 0.01, 0.2)))
        for attempt in range(60):
            deadline = how.choice((0.3, 1.0, 3.0, 6.0)) if attempt < 4 else _LONG
            tally.attempts += 1
            try:
                channel = how.choice(self.channels)
                async with channel.request(
                    "/chat3.user.v1.UserService/SendMessage",
                    _UNARY,
                    pb.SendMessageRequest,
                    pb.SendMessageResponse,
                    metadata=metadata("alice", key=KEY),
                    timeout=deadline,
                ) as stream:
                    await stream.send_message(request, end=True)
                    response = await stream.recv_message()
                    await stream.recv_trailing_metadata()
                    trailing = dict(stream.trailing_metadata)
                assert response is not None
                assert response.message is not None
                ids.append(response.message.message_id)
                tally.replayed += trailing.get("idempotency-replayed") == "true"
                return  # noqa: TRY300
            except GRPCError as error:
                tally.failures[_reason(error)] += 1
                wait = min(_retry_after(error), 1.5)
            except ProtocolError:
                # grpclib goes on to use a connection that the server has said goodbye on.
                channel.close()
                tally.failures["goaway"] += 1
                wait = 0.1
            except (OSError, StreamTerminatedError, TimeoutError) as error:
                tally.failures[type(error).__name__] += 1
                wait = 1.0
            await asyncio.sleep(wait * how.uniform(0.2, 1.0) * min(3.0, 1.0 + attempt / 4))

    async def _trouble(self, seed: int, tally: Tally) -> None:
        """Kill workers, and the store where it is a server, now and then."""
        draw = random.Random(seed)
        while True:
            await asyncio.sleep(draw.uniform(0.5, 3.0))
            if self.redis is not None and draw.random() < 0.35:
                await self._hurt_redis(self.redis, draw)
                tally.store_outages += 1
            elif draw.random() < 0.5:
                worker = draw.choice(self.workers)
                await asyncio.shield(_restarted(worker, draw.uniform(0.0, 0.5)))
                tally.kills += 1

    async def _hurt_redis(self, redis: RedisServer, draw: random.Random) -> None:
        away = draw.uniform(0.05, 0.8)
        if draw.random() < 0.4:
            redis.pause()
            try:
                await asyncio.sleep(away)
            finally:
                redis.go_on()
            return
        redis.kill()
        try:
            await asyncio.sleep(away)
        finally:
            await asyncio.to_thread(redis.start)


async def _watch_lag(tally: Tally) -> None:
    """Note how late this process, and so proxy and platform, comes to what it has to do."""
    clock = asyncio.get_running_loop().time
    while True:
        due = clock() + 0.02
        await asyncio.sleep(0.02)
        tally.lag = max(tally.lag, clock() - due)


async def _restarted(worker: Worker, away: float) -> None:
    await worker.kill()
    await asyncio.sleep(away)
    await worker.start(until="serving")


@asynccontextmanager
async def world(kind: str, count: int, folder: Path) -> AsyncIterator[World]:
    """Run ``count`` workers on a store of a kind: `sqlite` or `redis`."""
    async with AsyncExitStack() as stack:
        store = stack.enter_context(Store(":memory:"))
        store.add_tenant(TENANT)
        store.add_key(KEY, ("read", "write"))
        url = await stack.enter_async_context(serve(store=store))
        proxy = await stack.enter_async_context(FaultProxy(url).running())
        environment = {
            "TENANT_API_URL": proxy.url,
            "DEMO": "true",
            "WORKERS": "1",
            "IDEMPOTENCY_LEASE": str(LEASE),
            "IDEMPOTENCY_SETTLE": str(SETTLE),
            "IDEMPOTENCY_DATABASE": str(folder / "keys.db"),
        }
        redis = None
        if kind == "redis":
            redis = RedisServer(folder / "redis")
            redis.start()
            stack.callback(redis.stop)
            environment |= {"REDIS_URL": redis.url, "REDIS_TIMEOUT": "0.5"}
        workers = [Worker(f"{kind}-{index}", environment) for index in range(count)]
        for worker in workers:
            stack.push_async_callback(worker.kill)
        await asyncio.gather(*(worker.start(until="serving") for worker in workers))
        found = World(store, proxy, workers, redis)
        stack.callback(found.close)
        yield found


def _reason(error: GRPCError) -> str:
    for detail in error.details or ():
        if isinstance(detail, error_details_pb2.ErrorInfo):
            return detail.reason.removeprefix("ERROR_REASON_")
    return error.status.name


def _retry_after(error: GRPCError) -> float:
    for detail in error.details or ():
        if isinstance(detail, error_details_pb2.RetryInfo):
            return float(detail.retry_delay.ToTimedelta().total_seconds())
    return 1.0
