"""The store in one SQLite file: all workers of one machine, and their successors, share it.

All statements run in one thread of their own, never in the event loop: a commit may have to wait
for another worker's, and now and then for the disk. Whatever was asked for meanwhile shares the
next transaction, so a busy worker commits a few hundred times a second, not a few thousand times.

A commit survives the end of every process, kill -9 included, because it is in the operating
system's hands (WAL, synchronous = NORMAL). The end of the machine may take the last commits along.
So the file knows the boot it belongs to: after another one, and when it is new, everything not
found in it is in doubt for as long as keys are kept.
"""

import asyncio
import logging
import secrets
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from chat3_user.idempotency.database_file import IN_MEMORY, make_private
from chat3_user.idempotency.records import SCHEMA, SqliteRecords
from chat3_user.idempotency.settings import Times
from chat3_user.idempotency.store import Attempt, Claim, StoreUnavailableError
from chat3_user.shared_redis import Problem

log = logging.getLogger(__name__)

T = TypeVar("T")

_BUSY_SECONDS: Final = 5.0
_BUSY_PAUSE: Final = 0.01
_PURGE_PAUSE: Final = 60.0
_PURGE_BATCH: Final = 500


class SqliteStore:
    """Keeps keys in the file at ``path``, or in this process's memory for ``:memory:``."""

    def __init__(
        self,
        path: str,
        times: Times,
        *,
        clock: Callable[[], float] = time.time,
        purge_pause: float = _PURGE_PAUSE,
    ) -> None:
        self._path = path
        self._times = times
        self._clock = clock
        self._purge_pause = purge_pause
        self._thread = ThreadPoolExecutor(1, "idempotency")
        self._records: SqliteRecords | None = None
        self._waiting: list[_Step] = []
        self._transaction: asyncio.Future[list[Any]] | None = None
        self._purging: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Open the file, which is made when it is absent."""
        loop = asyncio.get_running_loop()
        try:
            self._records = await loop.run_in_executor(self._thread, self._connect)
        except (sqlite3.Error, OSError) as error:
            self._thread.shutdown()
            raise StoreUnavailableError(f"{self._path}: {error}") from error
        self._purging = asyncio.create_task(self._purge())

    async def close(self) -> None:
        """Finish what was begun and close the file."""
        if self._purging is not None:
            self._purging.cancel()
            await asyncio.wait((self._purging,))
        while self._transaction is not None:
            await asyncio.wait((self._transaction,))
            await asyncio.sleep(0)
        if self._records is not None:
            records, self._records = self._records, None
            await asyncio.get_running_loop().run_in_executor(self._thread, records.close)
        self._thread.shutdown()

    async def check(self) -> None:
        """See `Store.check`."""
        await self._do(lambda records: records.check())

    async def claim(self, attempt: Attempt) -> Claim:
        """See `Store.claim`."""
        return await self._do(lambda records: records.claim(attempt))

    async def renew(self, attempt: Attempt) -> bool:
        """See `Store.renew`."""
        return await self._do(lambda records: records.renew(attempt))

    async def finish(self, attempt: Attempt, answer: bytes) -> bool:
        """See `Store.finish`."""
        return await self._do(lambda records: records.finish(attempt, answer))

    async def release(self, attempt: Attempt) -> None:
        """See `Store.release`."""
        await self._do(lambda records: records.release(attempt))

    async def forget(self, attempt: Attempt) -> None:
        """See `Store.forget`."""
        await self._do(lambda records: records.forget(attempt))

    async def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        """See `Store.abandon`."""
        await self._do(lambda records: records.abandon(attempt, sent_ago))

    async def purge(self, limit: int = _PURGE_BATCH) -> int:
        """Remove at most ``limit`` records whose time is over; return how many they were."""
        return await self._do(lambda records: records.purge(limit))

    async def _purge(self) -> None:
        """Remove what is too old, little at a time, so that writers never wait long."""
        while True:
            try:
                full = await self.purge() == _PURGE_BATCH
            except StoreUnavailableError as error:
                log.warning("expired keys cannot be purged", extra={"problem": error})
                full = False
            await asyncio.sleep(0.05 if full else self._purge_pause)

    async def _do(self, operation: "Callable[[SqliteRecords], T]") -> T:
        if self._records is None:
            raise StoreUnavailableError("the store is not open")
        result: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append((operation, result))
        if self._transaction is None:
            self._begin()
        return await result

    def _begin(self) -> None:
        steps, self._waiting = self._waiting, []
        self._transaction = asyncio.get_running_loop().run_in_executor(
            self._thread, self._transact, [operation for operation, _ in steps]
        )
        self._transaction.add_done_callback(partial(self._deliver, steps))

    def _deliver(self, steps: "list[_Step]", transaction: "asyncio.Future[list[Any]]") -> None:
        problem = transaction.exception()
        results = [None] * len(steps) if problem else transaction.result()
        for (_, waiter), result in zip(steps, results, strict=True):
            if waiter.done():
                continue
            if problem is None:
                waiter.set_result(result)
            else:
                waiter.set_exception(
                    StoreUnavailableError(f"{self._path}: {problem}", _problem_of(problem))
                )
        self._transaction = None
        if self._waiting:
            self._begin()

    def _transact(self, operations: "list[Operation]") -> list[Any]:
        if self._records is None:
            raise sqlite3.ProgrammingError("the store is closed")
        with self._records.transaction():
            return [operation(self._records) for operation in operations]

    def _connect(self) -> SqliteRecords:
        if self._path != IN_MEMORY:
            make_private(Path(self._path))
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            _write_ahead(connection)
            connection.execute("PRAGMA synchronous = NORMAL")
            records = SqliteRecords(connection, self._times, self._clock)
            with records.transaction():
                for statement in SCHEMA:
                    connection.execute(statement)
                records.begin_boot(_boot())
        except sqlite3.Error:
            connection.close()
            raise
        return records


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switch the file to write-ahead logging, also when several processes make it at once.

    SQLite waits for the others' locks except at this switch, which fails at once with
    ``SQLITE_BUSY`` (sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode").
    """
    give_up = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
            time.sleep(_BUSY_PAUSE)
        else:
            return


Operation = Callable[[SqliteRecords], Any]
_Step = tuple[Operation, "asyncio.Future[Any]"]


def _problem_of(error: BaseException) -> Problem:
    """Return whether the file is held by somebody, or cannot be written."""
    code = error.sqlite_errorcode & 0xFF if isinstance(error, sqlite3.OperationalError) else None
    return "unreachable" if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED} else "unwritable"


def _boot() -> str:
    """Return what names the time since the machine was started."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        # Nothing says whether the machine ran through: every opening counts as a start.
        return secrets.token_hex(16)
