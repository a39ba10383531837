"""Counters: unread per dialog and sender type, messages per user, versions of the counters."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import UserStats

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from chat3_embedded.clock import Clock
    from chat3_embedded.store.database import Database


class CounterTable:
    """Counters of users, kept under lower-case user ids."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def add_unread(
        self, tenant_id: str, dialog_id: str, user_ids: Iterable[str], from_type: str
    ) -> None:
        """Count one more unread message for each of the members."""
        ids = list(user_ids)
        self._db.run_many(
            "UPDATE members SET unread_count = unread_count + 1"
            " WHERE tenant_id = ? AND dialog_id = ? AND user_id = ?",
            ((tenant_id, dialog_id, user_id) for user_id in ids),
        )
        self._db.run_many(
            "INSERT INTO unread_by_type VALUES (?, ?, ?, ?, 1)"
            " ON CONFLICT DO UPDATE SET unread = unread + 1",
            ((tenant_id, user_id, dialog_id, from_type) for user_id in ids),
        )

    def take_unread(
        self, tenant_id: str, dialog_id: str, user_id: str, from_type: str | None, by: int
    ) -> None:
        """Count fewer unread messages, those of the given sender type first; never below 0."""
        self._db.run(
            "UPDATE members SET unread_count = max(0, unread_count - ?)"
            " WHERE tenant_id = ? AND dialog_id = ? AND user_id = ?",
            by,
            tenant_id,
            dialog_id,
            user_id,
        )
        rows = self._db.rows(
            "SELECT from_type, unread FROM unread_by_type WHERE tenant_id = ? AND user_id = ?"
            " AND dialog_id = ? ORDER BY from_type <> ?, from_type",
            tenant_id,
            user_id,
            dialog_id,
            from_type or "",
        )
        for row in rows:
            taken = min(by, row["unread"])
            by -= taken
            self._db.run(
                "UPDATE unread_by_type SET unread = unread - ? WHERE tenant_id = ?"
                " AND user_id = ? AND dialog_id = ? AND from_type = ?",
                taken,
                tenant_id,
                user_id,
                dialog_id,
                row["from_type"],
            )

    def unread_by_type(
        self, tenant_id: str, user_id: str, dialog_ids: Iterable[str]
    ) -> dict[str, int]:
        """Return by sender type how much a user has not read in some dialogs."""
        rows = self._db.rows(
            "SELECT from_type, sum(unread) FROM unread_by_type WHERE tenant_id = ? AND user_id = ?"
            " AND dialog_id IN (SELECT value FROM json_each(?)) GROUP BY from_type",
            tenant_id,
            user_id,
            encode(list(dialog_ids)).decode(),
        )
        return {row[0]: row[1] for row in rows}

    def set_last_message(self, tenant_id: str, dialog_id: str, moment: float) -> None:
        """Note for all members when the dialog's last message came."""
        self._db.run(
            "UPDATE members SET last_message_at = max(last_message_at, ?)"
            " WHERE tenant_id = ? AND dialog_id = ?",
            moment,
            tenant_id,
            dialog_id,
        )

    def set_last_seen(self, tenant_id: str, dialog_id: str, user_id: str, moment: float) -> None:
        """Note when a member last saw the dialog."""
        self._db.run(
            "UPDATE members SET last_seen_at = ?"
            " WHERE tenant_id = ? AND dialog_id = ? AND user_id = ?",
            moment,
            tenant_id,
            dialog_id,
            user_id,
        )

    def bump(
        self, tenant_id: str, user_ids: Iterable[str], *, by: int = 1, messages: int = 0
    ) -> None:
        """Note a counter event: the version grows; `messages` are added to those sent."""
        now = self._clock.now()
        self._db.run_many(
            "INSERT INTO user_counters VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE SET"
            " total_messages = total_messages + ?3, version = version + ?4, updated_at = ?5",
            ((tenant_id, user_id, messages, by, now) for user_id in user_ids),
        )

    def stats(self, tenant_id: str, user_id: str) -> UserStats:
        """Return one user's counters."""
        return self.stats_of(tenant_id, [user_id])[user_id]

    def stats_of(self, tenant_id: str, user_ids: Iterable[str]) -> dict[str, UserStats]:
        """Return the counters of each of the users."""
        ids = list(user_ids)
        wanted = encode(ids).decode()
        dialogs = self._by_user(
            "SELECT user_key AS user_id, count(*) AS dialogs, sum(unread_count > 0) AS unread,"
            " sum(unread_count) AS total FROM members WHERE tenant_id = ?"
            " AND user_key IN (SELECT value FROM json_each(?)) GROUP BY user_key",
            tenant_id,
            wanted,
        )
        counters = self._by_user(
            "SELECT * FROM user_counters WHERE tenant_id = ?"
            " AND user_id IN (SELECT value FROM json_each(?))",
            tenant_id,
            wanted,
        )
        types: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in self._db.rows(
            "SELECT user_id, from_type, sum(unread) AS unread FROM unread_by_type"
            " WHERE tenant_id = ? AND user_id IN (SELECT value FROM json_each(?))"
            " GROUP BY user_id, from_type",
            tenant_id,
            wanted,
        ):
            types[row["user_id"]].append((row["from_type"], row["unread"]))
        in_packs = self._unread_in_packs(tenant_id, wanted)
        return {
            user_id: _stats(
                dialogs.get(user_id), counters.get(user_id), types[user_id], in_packs[user_id]
            )
            for user_id in ids
        }

    def _unread_in_packs(
        self, tenant_id: str, wanted: str
    ) -> defaultdict[str, list[tuple[str, int]]]:
        """Count what is unread in dialogs that are in any pack, each of them once."""
        types: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        for row in self._db.rows(
            "SELECT user_id, from_type, sum(unread) AS unread FROM unread_by_type"
            " WHERE tenant_id = ?1 AND user_id IN (SELECT value FROM json_each(?2))"
            " AND dialog_id IN (SELECT dialog_id FROM pack_dialogs WHERE tenant_id = ?1)"
            " GROUP BY user_id, from_type",
            tenant_id,
            wanted,
        ):
            types[row["user_id"]].append((row["from_type"], row["unread"]))
        return types

    def _by_user(self, sql: str, tenant_id: str, wanted: str) -> dict[str, sqlite3.Row]:
        return {row["user_id"]: row for row in self._db.rows(sql, tenant_id, wanted)}


def _stats(
    dialogs: sqlite3.Row | None,
    counters: sqlite3.Row | None,
    types: list[tuple[str, int]],
    in_packs: list[tuple[str, int]],
) -> UserStats:
    return UserStats(
        dialog_count=dialogs["dialogs"] if dialogs else 0,
        unread_dialogs=dialogs["unread"] if dialogs else 0,
        total_unread=dialogs["total"] if dialogs else 0,
        total_messages=counters["total_messages"] if counters else 0,
        unread_by_type=tuple(types),
        unread_in_packs=tuple(in_packs),
        version=counters["version"] if counters else 0,
        updated_at=counters["updated_at"] if counters else None,
    )
