"""The records of the SQLite store: each method is one step within a transaction."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from chat3_user.idempotency.settings import Times
from chat3_user.idempotency.store import (
    Attempt,
    Busy,
    Claim,
    Doubt,
    Finished,
    Held,
    Reused,
)

# Times are Unix seconds. `owner` is null when nobody holds the key; `doubt` is the last moment at
# which an attempt of unknown outcome may have been sent.
SCHEMA: Final = (
    """CREATE TABLE IF NOT EXISTS keys (
        scope BLOB PRIMARY KEY,
        request BLOB NOT NULL,
        owner BLOB,
        lease REAL NOT NULL,
        doubt REAL,
        began REAL NOT NULL,
        answer BLOB,
        keep REAL NOT NULL
    ) WITHOUT ROWID""",
    "CREATE INDEX IF NOT EXISTS keys_keep ON keys (keep)",
    """CREATE TABLE IF NOT EXISTS boots (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        boot TEXT NOT NULL,
        began REAL NOT NULL
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS checks (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        at REAL NOT NULL
    ) WITHOUT ROWID""",
)

_Row = tuple[bytes, bytes | None, float, float | None, float, bytes | None]


class SqliteRecords:
    """Statements on one connection, all from one thread."""

    def __init__(
        self, connection: sqlite3.Connection, times: Times, clock: Callable[[], float]
    ) -> None:
        self._connection = connection
        self._times = times
        self._clock = clock
        self._complete_from = 0.0

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the steps within the block one; other processes wait meanwhile."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def begin_boot(self, boot: str) -> None:
        """Note since when nothing can be missing: since this file or this boot began."""
        self._connection.execute(
            "INSERT INTO boots VALUES (1, ?1, ?2) ON CONFLICT (one)"
            " DO UPDATE SET boot = ?1, began = ?2 WHERE boot <> ?1",
            (boot, self._clock()),
        )
        (began,) = self._connection.execute("SELECT began FROM boots").fetchone()
        self._complete_from = began + self._times.retention

    def check(self) -> None:
        """Write the time: SQLite writes nothing to the disk for what is there already."""
        self._connection.execute("INSERT OR REPLACE INTO checks VALUES (1, ?)", (self._clock(),))

    def claim(self, attempt: Attempt) -> Claim:
        """See `Store.claim`."""
        now = self._clock()
        row: _Row | None = self._connection.execute(
            "SELECT request, owner, lease, doubt, began, answer FROM keys"
            " WHERE scope = ? AND keep > ?",
            (attempt.scope, now),
        ).fetchone()
        if row is None:
            self._insert(attempt, now)
            return Held(self._forgotten(now))
        request, owner, lease, doubt, began, answer = row
        if request != attempt.request:
            return Reused()
        if answer is not None:
            return Finished(answer)
        if owner not in {None, attempt.owner}:
            if lease > now:
                return Busy()
            # The attempt was alive, and so may have been sending, until its lease ended.
            doubt = max(doubt or 0.0, lease)
        self._connection.execute(
            "UPDATE keys SET owner = ?, lease = ?, doubt = ? WHERE scope = ?",
            (attempt.owner, now + self._times.lease, doubt, attempt.scope),
        )
        if doubt is None:
            return Held(self._forgotten(began))
        oldest = self._times.retention if self._forgotten(began) else now - began
        return Held(Doubt(oldest, doubt + self._times.settle - now, now - began))

    def renew(self, attempt: Attempt) -> bool:
        """See `Store.renew`."""
        now = self._clock()
        changed = self._connection.execute(
            "UPDATE keys SET lease = ? WHERE scope = ? AND owner = ?",
            (now + self._times.lease, attempt.scope, attempt.owner),
        ).rowcount
        if changed == 0 and not self._exists(attempt.scope):
            self._insert(attempt, now)
            return True
        return changed == 1

    def finish(self, attempt: Attempt, answer: bytes) -> bool:
        """See `Store.finish`."""
        now = self._clock()
        if not self._exists(attempt.scope):
            self._insert(attempt, now)
        changed = self._connection.execute(
            "UPDATE keys SET answer = ?, keep = ? WHERE scope = ? AND owner = ?",
            (answer, now + self._times.retention, attempt.scope, attempt.owner),
        ).rowcount
        return changed == 1

    def release(self, attempt: Attempt) -> None:
        """See `Store.release`."""
        where = (attempt.scope, attempt.owner)
        self._connection.execute(
            "DELETE FROM keys WHERE scope = ? AND owner = ? AND doubt IS NULL AND answer IS NULL",
            where,
        )
        self._connection.execute(
            "UPDATE keys SET owner = NULL WHERE scope = ? AND owner = ? AND answer IS NULL", where
        )

    def forget(self, attempt: Attempt) -> None:
        """See `Store.forget`."""
        self._connection.execute(
            "DELETE FROM keys WHERE scope = ? AND owner = ? AND answer IS NULL",
            (attempt.scope, attempt.owner),
        )

    def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        """See `Store.abandon`."""
        self._connection.execute(
            "UPDATE keys SET owner = NULL, doubt = ?"
            " WHERE scope = ? AND owner = ? AND answer IS NULL",
            (self._clock() - sent_ago, attempt.scope, attempt.owner),
        )

    def purge(self, limit: int) -> int:
        """Remove at most ``limit`` records whose time is over; return how many they were."""
        return self._connection.execute(
            "DELETE FROM keys WHERE scope IN (SELECT scope FROM keys WHERE keep <= ? LIMIT ?)",
            (self._clock(), limit),
        ).rowcount

    def _forgotten(self, began: float) -> Doubt | None:
        """Return the doubt about a key whose first known attempt began while records may lack.

        What is missing was lost with the machine or the file: no attempt is under way.
        """
        return Doubt(self._times.retention, 0.0) if began < self._complete_from else None

    def _exists(self, scope: bytes) -> bool:
        found = self._connection.execute("SELECT 1 FROM keys WHERE scope = ?", (scope,))
        return found.fetchone() is not None

    def _insert(self, attempt: Attempt, now: float) -> None:
        """Write the record of an attempt that is the first as far as is known.

        It replaces a record whose time is over.
        """
        self._connection.execute(
            "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, NULL, ?, NULL, ?)",
            (
                attempt.scope,
                attempt.request,
                attempt.owner,
                now + self._times.lease,
                now,
                now + self._times.retention,
            ),
        )
