"""Definitions of meta indexes: what a tenant demands of the meta of one type of entity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chat3_embedded.jsonvalues import encode
from chat3_embedded.store.records import MetaIndex

if TYPE_CHECKING:
    import sqlite3

    from chat3_embedded.store.database import Database


class MetaIndexTable:
    """Definitions by tenant, type of entity and id."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(self, index: MetaIndex) -> None:
        """Add a definition."""
        self._db.run(
            "INSERT INTO meta_indexes VALUES (?, ?, ?, ?)",
            index.tenant_id,
            index.entity_type,
            index.index_id,
            encode(index).decode(),
        )

    def of(self, tenant_id: str, entity_type: str) -> list[MetaIndex]:
        """Return the definitions of a type of entity, in the order of their ids."""
        rows = self._db.rows(
            "SELECT definition FROM meta_indexes WHERE tenant_id = ? AND entity_type = ?"
            " ORDER BY index_id",
            tenant_id,
            entity_type,
        )
        return [_index(row) for row in rows]

    def get(self, tenant_id: str, entity_type: str, index_id: str) -> MetaIndex | None:
        """Return a definition."""
        found = (i for i in self.of(tenant_id, entity_type) if i.index_id == index_id)
        return next(found, None)

    def remove(self, index: MetaIndex) -> None:
        """Remove a definition."""
        self._db.run(
            "DELETE FROM meta_indexes WHERE tenant_id = ? AND entity_type = ? AND index_id = ?",
            index.tenant_id,
            index.entity_type,
            index.index_id,
        )


def _index(row: sqlite3.Row) -> MetaIndex:
    return msgspec.json.decode(row["definition"], type=MetaIndex)
