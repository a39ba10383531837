"""What users did with messages: the status history and the reactions."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import astuple
from typing import TYPE_CHECKING

from chat3_embedded.ids import new_object_id
from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import Reaction, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chat3_embedded.clock import Clock
    from chat3_embedded.store.database import Database
    from chat3_embedded.store.records import Message

_STATUS = "object_id, tenant_id, message_id, user_id, user_type, status, created_at"


class MarkTable:
    """Statuses and reactions by message."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def new_status(
        self, tenant_id: str, message_id: str, user_id: str, user_type: str | None, status: str
    ) -> Status:
        """Make a line of a history, which `append` then stores."""
        now = self._clock.now()
        return Status(new_object_id(), tenant_id, message_id, user_id, user_type, status, now)

    def append(self, statuses: Iterable[Status]) -> None:
        """Append statuses to the histories."""
        self._db.run_many(
            f"INSERT INTO statuses ({_STATUS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - our own columns
            map(astuple, statuses),
        )

    def set_read(self, tenant_id: str, message_ids: Iterable[str], user_id: str) -> None:
        """Turn a user's latest status of each of the messages into `read`, or append one."""
        ids = list(message_ids)
        latest = self.latest(tenant_id, ids)
        self._db.run(
            "UPDATE statuses SET status = 'read' WHERE number IN"
            " (SELECT max(number) FROM statuses WHERE tenant_id = ? AND user_id = ?"
            " AND message_id IN (SELECT value FROM json_each(?)) GROUP BY message_id)",
            tenant_id,
            user_id,
            encode(ids).decode(),
        )
        self.append(
            self.new_status(tenant_id, message_id, user_id, None, "read")
            for message_id in ids
            if user_id not in latest[message_id]
        )

    def history_of(self, tenant_id: str, message_id: str, user_id: str) -> list[Status]:
        """Return one user's statuses of a message, oldest first."""
        rows = self._db.rows(
            f"SELECT {_STATUS} FROM statuses WHERE tenant_id = ? AND message_id = ?"  # noqa: S608 - our own columns
            " AND user_id = ? ORDER BY number",
            tenant_id,
            message_id,
            user_id,
        )
        return [Status(*row) for row in rows]

    def status_count(self, tenant_id: str, message_id: str) -> int:
        """Return the length of a message's status history."""
        sql = "SELECT count(*) FROM statuses WHERE tenant_id = ? AND message_id = ?"
        return int(self._db.value(sql, tenant_id, message_id))

    def statuses(self, tenant_id: str, message_id: str, *, limit: int, offset: int) -> list[Status]:
        """Return a page of a message's status history, newest first."""
        rows = self._db.rows(
            f"SELECT {_STATUS} FROM statuses WHERE tenant_id = ? AND message_id = ?"  # noqa: S608 - our own columns
            " ORDER BY number DESC LIMIT ? OFFSET ?",
            tenant_id,
            message_id,
            limit,
            offset,
        )
        return [Status(*row) for row in rows]

    def latest(
        self, tenant_id: str, message_ids: Iterable[str]
    ) -> Mapping[str, dict[str, tuple[str | None, str]]]:
        """Return each message's latest (user type, status) by user id."""
        latest: defaultdict[str, dict[str, tuple[str | None, str]]] = defaultdict(dict)
        for row in self._db.rows(
            "SELECT message_id, user_id, user_type, status FROM statuses WHERE tenant_id = ?"
            " AND message_id IN (SELECT value FROM json_each(?)) ORDER BY number",
            tenant_id,
            encode(list(message_ids)).decode(),
        ):
            latest[row["message_id"]][row["user_id"]] = (row["user_type"], row["status"])
        return latest

    def matrices(
        self, tenant_id: str, messages: Iterable[Message]
    ) -> dict[str, Counter[tuple[str | None, str]]]:
        """Count, per message, the latest statuses of all users but the sender."""
        senders = {message.message_id: message.sender_id for message in messages}
        return {
            message_id: Counter(
                mark for user_id, mark in marks.items() if user_id != senders[message_id]
            )
            for message_id, marks in self.latest(tenant_id, senders).items()
        }

    def reaction(
        self, tenant_id: str, message_id: str, user_id: str, reaction: str
    ) -> Reaction | None:
        """Return a reaction."""
        row = self._db.row(
            "SELECT * FROM reactions WHERE tenant_id = ? AND message_id = ?"
            " AND user_id = ? AND reaction = ?",
            tenant_id,
            message_id,
            user_id,
            reaction,
        )
        return Reaction(*row) if row else None

    def new_reaction(
        self, tenant_id: str, message_id: str, user_id: str, reaction: str
    ) -> Reaction:
        """Make a reaction, which `add_reaction` then stores."""
        now = self._clock.now()
        return Reaction(new_object_id(), tenant_id, message_id, user_id, reaction, now)

    def add_reaction(self, reaction: Reaction) -> None:
        """Add a reaction, unless it is there already."""
        sql = "INSERT OR IGNORE INTO reactions VALUES (?, ?, ?, ?, ?, ?)"
        self._db.run(sql, *astuple(reaction))

    def remove_reaction(self, reaction: Reaction) -> None:
        """Remove a reaction."""
        self._db.run(
            "DELETE FROM reactions WHERE tenant_id = ? AND message_id = ?"
            " AND user_id = ? AND reaction = ?",
            reaction.tenant_id,
            reaction.message_id,
            reaction.user_id,
            reaction.reaction,
        )

    def reactions(self, tenant_id: str, message_ids: Iterable[str]) -> dict[str, list[Reaction]]:
        """Return the reactions to each of the messages, newest first."""
        found: defaultdict[str, list[Reaction]] = defaultdict(list)
        for row in self._db.rows(
            "SELECT * FROM reactions WHERE tenant_id = ?"
            " AND message_id IN (SELECT value FROM json_each(?)) ORDER BY created_at DESC",
            tenant_id,
            encode(list(message_ids)).decode(),
        ):
            found[row["message_id"]].append(Reaction(*row))
        return found
