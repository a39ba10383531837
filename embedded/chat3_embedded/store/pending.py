"""What waits to be done: updates to publish and events to count; it survives a restart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import Counting, OutgoingUpdate

if TYPE_CHECKING:
    from chat3_embedded.store.database import Database


class OutgoingTable:
    """Updates in the order in which they are to be published."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._latest = 0.0

    def add(self, update: OutgoingUpdate, *, delay: float) -> None:
        """Add an update, due after `delay` seconds; those without delay keep their order."""
        # A clock that is set back must not turn the order round.
        self._latest = max(self._latest, time.time())
        self._db.run(
            "INSERT INTO outgoing (due, routing_key, body, headers, timestamp_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            self._latest + delay,
            update.routing_key,
            update.body,
            encode(update.headers).decode(),
            update.timestamp_ms,
        )

    def first(self) -> tuple[int, float, OutgoingUpdate] | None:
        """Return the update that is due first: its number, when it is due, and itself."""
        row = self._db.row(
            "SELECT * FROM outgoing WHERE published_at IS NULL ORDER BY due, number LIMIT 1"
        )
        if row is None:
            return None
        headers = msgspec.json.decode(row["headers"], type=dict[str, str])
        update = OutgoingUpdate(row["routing_key"], row["body"], headers, row["timestamp_ms"])
        return row["number"], row["due"], update

    def done(self, number: int, *, keep: bool) -> None:
        """Note that an update is done with: it goes, or is kept as published for whoever asks."""
        if keep:
            sql = "UPDATE outgoing SET published_at = ? WHERE number = ?"
            self._db.run(sql, time.time(), number)
        else:
            self._db.run("DELETE FROM outgoing WHERE number = ?", number)

    def count(self) -> int:
        """Return how many updates wait."""
        sql = "SELECT count(*) FROM outgoing WHERE published_at IS NULL"
        return int(self._db.value(sql))

    def kept(self) -> list[OutgoingUpdate]:
        """Return the published updates that were kept, in the order of publication."""
        rows = self._db.rows(
            "SELECT * FROM outgoing WHERE published_at IS NOT NULL ORDER BY published_at, number"
        )
        return [
            OutgoingUpdate(
                row["routing_key"],
                row["body"],
                msgspec.json.decode(row["headers"], type=dict[str, str]),
                row["timestamp_ms"],
            )
            for row in rows
        ]


class CountingTable:
    """Events that the counter-worker has not counted yet, in their order."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, counting: Counting, *, delay: float) -> None:
        """Add an event, to be counted no earlier than after `delay` seconds."""
        sql = "INSERT INTO countings (due, counting) VALUES (?, ?)"
        self._db.run(sql, time.time() + delay, encode(counting).decode())

    def first(self) -> tuple[int, float, Counting] | None:
        """Return the oldest event: its number, when it is due, and what is to be counted."""
        row = self._db.row("SELECT * FROM countings ORDER BY number LIMIT 1")
        if row is None:
            return None
        return row["number"], row["due"], msgspec.json.decode(row["counting"], type=Counting)

    def new_messages(self) -> set[str]:
        """Return the messages whose creation is not counted yet."""
        rows = self._db.rows(
            "SELECT json_extract(counting, '$.message_id') FROM countings"
            " WHERE json_extract(counting, '$.event_type') = 'message.create'"
        )
        return {row[0] for row in rows}

    def counted(self, number: int) -> None:
        """Forget an event."""
        self._db.run("DELETE FROM countings WHERE number = ?", number)

    def count(self) -> int:
        """Return how many events wait."""
        return int(self._db.value("SELECT count(*) FROM countings"))
