"""The SQLite connection: rows out, statements in, nested transactions."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from chat3_embedded.store.schema import ADDED, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Value: TypeAlias = str | bytes | float | int | None


class Database:
    """One connection, used from the event loop's thread.

    Calls block, on purpose: every statement uses an index and takes well under a millisecond,
    which a thread would not make faster.
    """

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._depth = 0
        # A development server may lose the last moments when the machine loses power.
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(SCHEMA)
        self._add_columns()

    def _add_columns(self) -> None:
        for table, columns in ADDED.items():
            present = {row["name"] for row in self.rows(f"PRAGMA table_info({table})")}
            for column in columns:
                if column.partition(" ")[0] not in present:
                    self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")

    def rows(self, sql: str, *values: Value) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Value) -> sqlite3.Row | None:
        """Return the first row of a query, if any."""
        row: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
        return row

    def value(self, sql: str, *values: Value) -> Any:
        """Return the first column of the first row of a query that always has one."""
        return self._connection.execute(sql, values).fetchone()[0]

    def run(self, sql: str, *values: Value) -> int:
        """Execute a statement; return how many rows it changed."""
        return self._connection.execute(sql, values).rowcount

    def run_many(self, sql: str, rows: Iterable[tuple[Value, ...]]) -> None:
        """Execute a statement for each tuple of values."""
        self._connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make the statements inside one; an inner transaction joins the outer one."""
        if self._depth == 0:
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield
        except BaseException:
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
