"""Workers, a store and tenant-api in virtual time: hours of faults in milliseconds."""

import asyncio
import secrets
import selectors
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from idempotency_upstream import Fate, Repair, SimulatedUpstream

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import CallError, reasons
from chat3_user.idempotency import (
    Earlier,
    Mutation,
    Once,
    StoreUnavailableError,
    Times,
)
from chat3_user.idempotency.records import SCHEMA, SqliteRecords
from chat3_user.idempotency.store import Attempt, Claim
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

    async def forget(self, attempt: Attempt) -> None:
        await self._do(lambda: self._records.forget(attempt))

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
        self,
        index: int,
        key: str,
        *,
        fate: Fate,
        delay: float,
        deadline: float,
        repair: Repair = "ok",
    ) -> None:
        """Make a call as the call chain does, and note what its caller hears."""
        worker = self.workers[index]
        call = Call("SendMessage", "request", IDENTITY)
        call.deadline = self.loop.time() + deadline
        fates: list[Fate] = [fate]
        repairs: list[Repair] = [repair]

        def write(name: str | None) -> Awaitable[pb.SendMessageResponse]:
            assert name is not None
            return self.upstream.write(name, fates.pop() if fates else "ok", delay)

        def find(earlier: Earlier) -> Awaitable[pb.SendMessageResponse | None]:
            return self.upstream.find(earlier, repairs, delay)

        try:
            async with asyncio.timeout_at(call.deadline):
                answer = await worker.once.run(
                    call,
                    pb.SendMessageRequest(content=key, idempotency_key=key),
                    Mutation(pb.SendMessageResponse, write, find),
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
        there = [one for one in self.upstream.messages if not one.gone]
        names = [one.name for one in there]
        assert len(set(names)) == len(names), "a message was written twice"
        whole = {one.message_id for one in there if one.whole}
        for key, ids in self.acknowledged.items():
            assert len(set(ids)) == 1, f"{key} has two answers"
            assert ids[0] in whole, "a success that tenant-api does not have, or half"

    def close(self) -> None:
        for index in range(len(self.workers)):
            self.workers[index].kill()
        self.advance(2.0)
        self.loop.close()
        self.connection.close()


def token() -> str:
    return secrets.token_hex(4)
