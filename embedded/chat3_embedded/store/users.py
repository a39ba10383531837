"""Users."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.store.database import Database


class UserTable:
    """Users by tenant and id; ids are stored as given, callers lower-case them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, user: User) -> bool:
        """Add a user; False when the id is taken."""
        sql = "INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?)"
        values = (user.tenant_id, user.user_id, user.type, user.created_at)
        return self._db.run(sql, *values) == 1

    def get(self, tenant_id: str, user_id: str) -> User | None:
        """Return a user."""
        sql = "SELECT * FROM users WHERE tenant_id = ? AND user_id = ?"
        row = self._db.row(sql, tenant_id, user_id)
        return User(*row) if row else None

    def many(self, tenant_id: str, user_ids: Iterable[str]) -> dict[str, User]:
        """Return those of the users that exist."""
        rows = self._db.rows(
            "SELECT * FROM users WHERE tenant_id = ?"
            " AND user_id IN (SELECT value FROM json_each(?))",
            tenant_id,
            encode(list(user_ids)).decode(),
        )
        return {row["user_id"]: User(*row) for row in rows}

    def set_type(self, tenant_id: str, user_id: str, user_type: str) -> None:
        """Change a user's type."""
        self._db.run(
            "UPDATE users SET type = ? WHERE tenant_id = ? AND user_id = ?",
            user_type,
            tenant_id,
            user_id,
        )

    def remove(self, tenant_id: str, user_id: str) -> None:
        """Remove a user; memberships stay."""
        sql = "DELETE FROM users WHERE tenant_id = ? AND user_id = ?"
        self._db.run(sql, tenant_id, user_id)

    def count(self, tenant_id: str) -> int:
        """Return the number of a tenant's users."""
        return int(self._db.value("SELECT count(*) FROM users WHERE tenant_id = ?", tenant_id))

    def page(self, tenant_id: str, *, limit: int, offset: int) -> list[User]:
        """Return users, newest first; a limit of -1 means all."""
        rows = self._db.rows(
            "SELECT * FROM users WHERE tenant_id = ?"
            " ORDER BY created_at DESC, user_id LIMIT ? OFFSET ?",
            tenant_id,
            limit,
            offset,
        )
        return [User(*row) for row in rows]
