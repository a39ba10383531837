"""Who is in which dialog."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import Member

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.store.database import Database


class MemberTable:
    """Members by tenant, dialog and user id; the id is compared case-sensitively."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, member: Member) -> bool:
        """Add a member; False when the user is one already."""
        return (
            self._db.run(
                "INSERT OR IGNORE INTO members VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                member.tenant_id,
                member.dialog_id,
                member.user_id,
                member.user_key,
                member.created_at,
                member.unread_count,
                member.last_seen_at,
                member.last_message_at,
            )
            == 1
        )

    def get(self, tenant_id: str, dialog_id: str, user_id: str) -> Member | None:
        """Return a member."""
        sql = "SELECT * FROM members WHERE tenant_id = ? AND dialog_id = ? AND user_id = ?"
        row = self._db.row(sql, tenant_id, dialog_id, user_id)
        return Member(*row) if row else None

    def remove(self, tenant_id: str, dialog_id: str, user_id: str) -> None:
        """Remove a member with its unread counters."""
        for table in ("members", "unread_by_type"):
            self._db.run(
                f"DELETE FROM {table} WHERE tenant_id = ? AND dialog_id = ? AND user_id = ?",  # noqa: S608 - the two names above
                tenant_id,
                dialog_id,
                user_id,
            )

    def of_dialog(self, tenant_id: str, dialog_id: str) -> list[Member]:
        """Return a dialog's members in the order in which they came."""
        rows = self._db.rows(
            "SELECT * FROM members WHERE tenant_id = ? AND dialog_id = ?"
            " ORDER BY created_at, user_id",
            tenant_id,
            dialog_id,
        )
        return [Member(*row) for row in rows]

    def of_user(self, tenant_id: str, user_id: str) -> list[Member]:
        """Return a user's memberships."""
        sql = "SELECT * FROM members WHERE tenant_id = ? AND user_id = ?"
        return [Member(*row) for row in self._db.rows(sql, tenant_id, user_id)]

    def ids_of_dialogs(self, tenant_id: str, dialog_ids: Iterable[str]) -> dict[str, set[str]]:
        """Return the member ids of each of the dialogs."""
        members: defaultdict[str, set[str]] = defaultdict(set)
        for row in self._db.rows(
            "SELECT dialog_id, user_id FROM members WHERE tenant_id = ?"
            " AND dialog_id IN (SELECT value FROM json_each(?))",
            tenant_id,
            encode(list(dialog_ids)).decode(),
        ):
            members[row["dialog_id"]].add(row["user_id"])
        return members
