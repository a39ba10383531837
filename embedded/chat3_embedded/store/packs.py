"""Packs: named sets of dialogs, with the times at which dialogs came into them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import Pack, PackLink

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat3_embedded.store.database import Database


class PackTable:
    """Packs by tenant and id, and their dialogs."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, pack: Pack) -> None:
        """Add a pack."""
        values = (pack.tenant_id, pack.pack_id, pack.created_at)
        self._db.run("INSERT INTO packs VALUES (?, ?, ?)", *values)

    def get(self, tenant_id: str, pack_id: str) -> Pack | None:
        """Return a pack."""
        sql = "SELECT * FROM packs WHERE tenant_id = ? AND pack_id = ?"
        row = self._db.row(sql, tenant_id, pack_id)
        return Pack(*row) if row else None

    def all(self, tenant_id: str) -> list[Pack]:
        """Return a tenant's packs, newest first."""
        sql = "SELECT * FROM packs WHERE tenant_id = ? ORDER BY created_at DESC, pack_id"
        return [Pack(*row) for row in self._db.rows(sql, tenant_id)]

    def remove(self, pack: Pack) -> None:
        """Remove a pack; its dialogs stay."""
        for table in ("pack_dialogs", "packs"):
            self._db.run(
                f"DELETE FROM {table} WHERE tenant_id = ? AND pack_id = ?",  # noqa: S608 - the two names above
                pack.tenant_id,
                pack.pack_id,
            )

    def link(self, link: PackLink) -> bool:
        """Put a dialog into a pack; False when it is in it already."""
        sql = "INSERT OR IGNORE INTO pack_dialogs VALUES (?, ?, ?, ?)"
        values = (link.tenant_id, link.pack_id, link.dialog_id, link.added_at)
        return self._db.run(sql, *values) == 1

    def unlink(self, tenant_id: str, pack_id: str, dialog_id: str) -> bool:
        """Take a dialog out of a pack; False when it is not in it."""
        sql = "DELETE FROM pack_dialogs WHERE tenant_id = ? AND pack_id = ? AND dialog_id = ?"
        return self._db.run(sql, tenant_id, pack_id, dialog_id) == 1

    def links(self, pack: Pack) -> list[PackLink]:
        """Return a pack's dialogs, the last added first."""
        rows = self._db.rows(
            "SELECT * FROM pack_dialogs WHERE tenant_id = ? AND pack_id = ?"
            " ORDER BY added_at DESC, dialog_id",
            pack.tenant_id,
            pack.pack_id,
        )
        return [PackLink(*row) for row in rows]

    def links_of_dialogs(
        self, tenant_id: str, dialog_ids: Iterable[str]
    ) -> dict[str, list[PackLink]]:
        """Return by pack id which of the dialogs each pack has."""
        found: defaultdict[str, list[PackLink]] = defaultdict(list)
        for row in self._db.rows(
            "SELECT * FROM pack_dialogs WHERE tenant_id = ?"
            " AND dialog_id IN (SELECT value FROM json_each(?)) ORDER BY added_at DESC, dialog_id",
            tenant_id,
            encode(list(dialog_ids)).decode(),
        ):
            found[row["pack_id"]].append(PackLink(*row))
        return found
