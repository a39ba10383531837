"""The meta of every entity: open key-value pairs, one row a key."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from chat3_embedded.ids import new_object_id
from chat3_embedded.jsonvalues import decode, encode
from chat3_embedded.store.records import MetaEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chat3_embedded.clock import Clock
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store.database import Database


class MetaTable:
    """Meta by tenant, entity type and entity id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def of(self, tenant_id: str, entity_type: str, entity_id: str) -> JsonObject:
        """Return an entity's meta, its keys sorted."""
        rows = self._db.rows(
            "SELECT key, value FROM meta WHERE tenant_id = ? AND entity_type = ?"
            " AND entity_id = ? ORDER BY key",
            tenant_id,
            entity_type,
            entity_id,
        )
        return {row["key"]: decode(row["value"]) for row in rows}

    def of_many(
        self, tenant_id: str, entity_type: str, entity_ids: Iterable[str]
    ) -> Mapping[str, JsonObject]:
        """Return the meta of several entities; an entity without meta has an empty one."""
        metas: defaultdict[str, JsonObject] = defaultdict(dict)
        for row in self._db.rows(
            "SELECT entity_id, key, value FROM meta WHERE tenant_id = ? AND entity_type = ?"
            " AND entity_id IN (SELECT value FROM json_each(?)) ORDER BY key",
            tenant_id,
            entity_type,
            encode(list(entity_ids)).decode(),
        ):
            metas[row["entity_id"]][row["key"]] = decode(row["value"])
        return metas

    def put(
        self,
        tenant_id: str,
        entity_type: str,
        entity_id: str,
        key: str,
        value: Any,
        *,
        data_type: str = "string",
        created_by: str | None = None,
    ) -> MetaEntry:
        """Set one key; an overwritten key keeps its id and its time of creation."""
        row = self._db.row(
            "INSERT INTO meta VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET value = excluded.value, data_type = excluded.data_type,"
            " created_by = excluded.created_by RETURNING object_id, created_at",
            new_object_id(),
            tenant_id,
            entity_type,
            entity_id,
            key,
            encode(value).decode(),
            data_type,
            created_by,
            self._clock.now(),
        )
        assert row is not None  # noqa: S101 - an upsert with RETURNING returns its row
        object_id, created_at = row
        return MetaEntry(
            object_id,
            tenant_id,
            entity_type,
            entity_id,
            key,
            value,
            data_type,
            created_by,
            created_at,
        )

    def put_all(
        self, tenant_id: str, entity_type: str, entity_id: str, meta: Mapping[str, Any]
    ) -> None:
        """Merge keys into an entity's meta."""
        with self._db.transaction():
            for key, value in meta.items():
                self.put(tenant_id, entity_type, entity_id, key, value)

    def remove(self, tenant_id: str, entity_type: str, entity_id: str, keys: Iterable[str]) -> int:
        """Remove keys; return how many there were."""
        with self._db.transaction():
            return sum(
                self._db.run(
                    "DELETE FROM meta WHERE tenant_id = ? AND entity_type = ?"
                    " AND entity_id = ? AND key = ?",
                    tenant_id,
                    entity_type,
                    entity_id,
                    key,
                )
                for key in keys
            )

    def all_of(self, tenant_id: str, entity_type: str) -> dict[str, JsonObject]:
        """Return the meta of all entities of a type that have any."""
        metas: defaultdict[str, JsonObject] = defaultdict(dict)
        for row in self._db.rows(
            "SELECT entity_id, key, value FROM meta WHERE tenant_id = ? AND entity_type = ?"
            " ORDER BY entity_id, key",
            tenant_id,
            entity_type,
        ):
            metas[row["entity_id"]][row["key"]] = decode(row["value"])
        return dict(metas)

    def remove_all(self, tenant_id: str, entity_type: str, entity_id: str) -> None:
        """Remove an entity's meta."""
        self._db.run(
            "DELETE FROM meta WHERE tenant_id = ? AND entity_type = ? AND entity_id = ?",
            tenant_id,
            entity_type,
            entity_id,
        )

    def entities_where(
        self,
        tenant_id: str,
        entity_type: str,
        key: str,
        test: Callable[[Any], bool],
        *,
        equal_to: Any = None,
    ) -> set[str]:
        """Return the ids of the entities that have the key with a value that passes the test.

        `equal_to`: the test is equality with this value, so that an index can help. A list
        equals each of its items, hence all lists (their JSON begins with `[`) are tested too.
        """
        sql = (
            "SELECT entity_id, value FROM meta WHERE tenant_id = ? AND entity_type = ? AND key = ?"
        )
        where = (tenant_id, entity_type, key)
        if equal_to is None:
            rows = self._db.rows(sql, *where)
        else:
            lists = " AND (value = ? OR (value >= '[' AND value < '\\'))"
            rows = self._db.rows(sql + lists, *where, encode(equal_to).decode())
        return {row["entity_id"] for row in rows if test(decode(row["value"]))}
