"""Tenants and API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.store.records import ApiKey, Tenant

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.store.database import Database


class TenantTable:
    """Tenants, and the keys that act in any of them; no endpoint makes keys."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, tenant: Tenant) -> bool:
        """Add a tenant; False when it is there already."""
        sql = "INSERT OR IGNORE INTO tenants VALUES (?, ?)"
        return self._db.run(sql, tenant.tenant_id, tenant.created_at) == 1

    def get(self, tenant_id: str) -> Tenant | None:
        """Return a tenant."""
        row = self._db.row("SELECT * FROM tenants WHERE tenant_id = ?", tenant_id)
        return Tenant(*row) if row else None

    def count(self) -> int:
        """Return the number of tenants."""
        return int(self._db.value("SELECT count(*) FROM tenants"))

    def remove(self, tenant_id: str) -> None:
        """Remove the row of a tenant."""
        self._db.run("DELETE FROM tenants WHERE tenant_id = ?", tenant_id)

    def page(self, *, limit: int, offset: int, descending: bool) -> list[Tenant]:
        """Return tenants, by time."""
        order = "DESC" if descending else "ASC"
        sql = f"SELECT * FROM tenants ORDER BY created_at {order}, tenant_id LIMIT ? OFFSET ?"  # noqa: S608 - one of two words
        return [Tenant(*row) for row in self._db.rows(sql, limit, offset)]

    def add_key(
        self,
        key: str,
        permissions: Iterable[str],
        *,
        name: str,
        active: bool,
        expires_at: float | None,
    ) -> None:
        """Add or replace an API key."""
        self._db.run(
            "INSERT OR REPLACE INTO api_keys VALUES (?, ?, ?, ?, ?)",
            key,
            name,
            " ".join(sorted(permissions)),
            int(active),
            expires_at,
        )

    def key(self, key: str) -> ApiKey | None:
        """Return an API key, active or not."""
        row = self._db.row("SELECT * FROM api_keys WHERE key = ?", key)
        if row is None:
            return None
        permissions = frozenset(row["permissions"].split())
        return ApiKey(row["key"], row["name"], permissions, bool(row["active"]), row["expires_at"])
