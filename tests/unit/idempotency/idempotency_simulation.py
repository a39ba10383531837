"""Workers, a store and tenant-api in virtual time: hours of faults in milliseconds."""

import asyncio
import secrets
import selectors
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import Earlier, Mutation, Once, StoreUnavailableError, Times
from chat3_user.idempotency.records import SCHEMA, SqliteRecords
from chat3_user.idempotency.store import Attempt, Claim
from chat3_user.tenant_api.answers import GUARD_WINDOW, DuplicateGuardError, in_doubt
from chat3_user.validation import Identity

T = TypeVar("T")

TIMES = Times(lease=5.0, settle=10.0, retention=86_400.0)
IDENTITY = Identity("key", "tnt_one", "alice")


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time passes when nobody has anything to do, and then at once."""

    def __init__(self) -> None:
        self._virtual = 1000.0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._virtual

    def jump(self, seconds: float) -> None:
        self._virtual += seconds


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready:
            if timeout is None:
                raise AssertionError("everybody waits for nothing")
            self._loop.jump(max(timeout, 1e-9))
        return ready


Fate = Literal[
    "ok", "slow", "lost", "answer lost", "late", "hangs", "hangs, then writes", "refused", "5xx"
]


@dataclass
class SimulatedUpstream:
    """tenant-api for one message per name; its guard refuses what it took a moment ago."""

    clock: Callable[[], float]
    messages: list[str] = field(default_factory=list)
    accepted: dict[str, float] = field(default_factory=dict)
    down: bool = False

    def take(self, name: str) -> None:
        now = self.clock()
        if now - self.accepted.get(name, -1e9) < GUARD_WINDOW:
            raise DuplicateGuardError(
                reasons.upstream_unavailable().reason, "busy", retry_after=GUARD_WINDOW
            )
        self.accepted[name] = now
        self.messages.append(name)

    def take_late(self, name: str, delay: float) -> None:
        """Let a request that was cut off turn up, within what the settings allow for."""

        def arrive() -> None:
            with suppress(DuplicateGuardError):
                self.take(name)

        asyncio.get_running_loop().call_later(delay, arrive)

    async def write(self, name: str, fate: Fate, delay: float) -> pb.SendMessageResponse:
        if self.down:
            raise reasons.upstream_unavailable()
        try:
            await asyncio.sleep(0.01)
            match fate:
                case "refused":
                    raise reasons.not_a_member("dlg_aaaaaaaaaaaaaaaaaaaa")
                case "lost":
                    raise in_doubt(reasons.upstream_unavailable())
                case "late":
                    self.take_late(name, delay)
                    raise in_doubt(reasons.upstream_unavailable())
                case "hangs" | "hangs, then writes":
                    await asyncio.sleep(1e6)
                case "slow":
                    # As long as its worker lives and holds the key, there is no hurry.
                    await asyncio.sleep(3 * delay)
            self.take(name)
            if fate in {"answer lost", "5xx"}:
                raise in_doubt(reasons.upstream_unavailable())
        except asyncio.CancelledError:
            if fate == "hangs, then writes":
                self.take_late(name, delay)
            raise
        return response(name)

    async def find(self, earlier: Earlier) -> pb.SendMessageResponse | None:
        if self.down:
            raise reasons.upstream_unavailable()
        await asyncio.sleep(0.01)
        return response(earlier.name) if earlier.name in self.messages else None


class SimulatedStore:
    """The records of the SQLite store, without file and thread; can be down, or not heard."""

    def __init__(self, records: SqliteRecords) -> None:
        self._records = records
        self.down = False
        self.deaf = False
        self.dead = False

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def claim(self, attempt: Attempt) -> Claim:
        return await self._do(lambda: self._records.claim(attempt))

    async def renew(self, attempt: Attempt) -> bool:
        return await self._do(lambda: self._records.renew(attempt))

    async def finish(self, attempt: Attempt, answer: bytes) -> bool:
        return await self._do(lambda: self._records.finish(attempt, answer))

    async def release(self, attempt: Attempt) -> None:
        await self._do(lambda: self._records.release(attempt))

    async def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        await self._do(lambda: self._records.abandon(attempt, sent_ago))

    async def _do(self, step: Callable[[], T]) -> T:
        await asyncio.sleep(0.001)
        if self.down or self.dead:
            await asyncio.sleep(0.5)
            raise StoreUnavailableError("down")
        result = step()
        if self.deaf:
            raise StoreUnavailableError("the answer is lost")
        return result


class Worker:
    def __init__(self, records: SqliteRecords) -> None:
        self.store = SimulatedStore(records)
        self.once = Once(self.store, TIMES)
        self.tasks: set[asyncio.Task[Any]] = set()

    def kill(self) -> None:
        """End it as kill -9 does: it says no more word to the store."""
        self.store.dead = True
        for task in self.tasks:
            task.cancel()


class World:
    """Two workers on one store before one tenant-api, all in one loop of virtual time."""

    def __init__(self) -> None:
        self.loop = VirtualLoop()
        connection = sqlite3.connect(":memory:", isolation_level=None)
        for statement in SCHEMA:
            connection.execute(statement)
        self.records = SqliteRecords(connection, TIMES, self.loop.time)
        self.connection = connection
        self.upstream = SimulatedUpstream(self.loop.time)
        self.workers = [Worker(self.records), Worker(self.records)]
        self.acknowledged: dict[str, list[str]] = {}
        self.failures: dict[str, list[CallError]] = {}

    def replace(self, index: int) -> None:
        self.workers[index].kill()
        self.workers[index] = Worker(self.records)

    async def call(
        self, index: int, key: str, *, fate: Fate, delay: float, deadline: float
    ) -> None:
        """Make a call as the call chain does, and note what its caller hears."""
        worker = self.workers[index]
        call = Call("SendMessage", "request", IDENTITY)
        call.deadline = self.loop.time() + deadline
        fates: list[Fate] = [fate]

        def write(name: str | None) -> Awaitable[pb.SendMessageResponse]:
            assert name is not None
            return self.upstream.write(name, fates.pop() if fates else "ok", delay)

        try:
            async with asyncio.timeout_at(call.deadline):
                answer = await worker.once.run(
                    call,
                    pb.SendMessageRequest(content=key, idempotency_key=key),
                    Mutation(pb.SendMessageResponse, write, self.upstream.find),
                )
        except TimeoutError:
            self.failures.setdefault(key, []).append(reasons.deadline_exceeded())
        except CallError as error:
            self.failures.setdefault(key, []).append(error)
        else:
            assert answer.message is not None
            self.acknowledged.setdefault(key, []).append(answer.message.message_id)

    def start(self, index: int, key: str, **how: Any) -> None:
        worker = self.workers[index]
        task = self.loop.create_task(self.call(index, key, **how))
        worker.tasks.add(task)
        task.add_done_callback(worker.tasks.discard)

    def advance(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))

    def check(self) -> None:
        for name in set(self.upstream.messages):
            assert self.upstream.messages.count(name) == 1, "a message was written twice"
        for key, names in self.acknowledged.items():
            assert len(set(names)) == 1, f"{key} has two answers"
            assert names[0] in self.upstream.messages, "a success that tenant-api does not have"

    def close(self) -> None:
        for index in range(len(self.workers)):
            self.workers[index].kill()
        self.advance(2.0)
        self.loop.close()
        self.connection.close()


def response(name: str) -> pb.SendMessageResponse:
    return pb.SendMessageResponse(message=pb.Message(message_id=name))


def token() -> str:
    return secrets.token_hex(4)
