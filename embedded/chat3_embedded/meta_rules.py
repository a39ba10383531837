"""Holds meta against the indexes of a tenant: unique and required keys, and those allowed.

Read: the rules, their codes and statuses, the text of a duplicate, and that values compare
trimmed and in lower case. Inferred: that `allowed` and `required` judge a request as a whole and
`unique` each key as it is written, the other texts, and what stands in `details`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from chat3_embedded.errors import ApiError
from chat3_embedded.ids import META_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import MetaIndex, When

# Whose meta: tenant, type of entity, entity.
Owner: TypeAlias = tuple[str, str, str]

_CONFLICT = 409


class MetaRuleError(Exception):
    """Meta that may not be: most routes answer 500 with the text, those of meta with the code."""

    def __init__(self, status: int, code: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.details = status, code, details

    def answer(self) -> ApiError:
        """Return the answer of the routes that know these rules."""
        error = "Conflict" if self.status == _CONFLICT else "Bad Request"
        return ApiError(self.status, error, str(self), code=self.code, details=self.details)


def check_request(store: Store, owner: Owner, meta: JsonObject) -> None:
    """Raise what is wrong with keys that are to be merged into an entity's meta."""
    tenant_id, entity_type, _ = owner
    indexes = store.meta_indexes.of(tenant_id, entity_type)
    for index in indexes:
        if index.mode == "allowed":
            check_allowed(index, meta)
    merged = {**store.meta.of(*owner), **meta} if indexes else meta
    for index in indexes:
        if index.mode == "required":
            _check_required(index, merged, 400)


def check_removal(store: Store, owner: Owner, keys: Collection[str]) -> None:
    """Raise where keys are to be removed that an entity must have."""
    before = store.meta.of(*owner)
    after = {key: value for key, value in before.items() if key not in keys}
    for index in store.meta_indexes.of(owner[0], owner[1]):
        if index.mode == "required" and set(index.keys) & (before.keys() - after.keys()):
            _check_required(index, after, _CONFLICT)


def check_key(store: Store, owner: Owner, key: str, value: Any) -> None:
    """Raise where a key must not be written: for its name, its type, or another entity's value."""
    if not META_KEY.fullmatch(key):
        raise MetaRuleError(400, "META_KEY_NOT_ALLOWED", f"Invalid meta key: {key}", key=key)
    tenant_id, entity_type, entity_id = owner
    for index in store.meta_indexes.of(tenant_id, entity_type):
        if index.mode != "unique" or not concerns(index, key):
            continue
        meta = {**store.meta.of(*owner), key: value}
        _check_indexable(index, meta)
        values = indexed_values(index, meta)
        if values is None:
            continue
        for other, others_meta in _candidates(store, index, meta):
            if other != entity_id and indexed_values(index, others_meta) == values:
                raise MetaRuleError(
                    _CONFLICT,
                    "DUPLICATE_INDEX",
                    f"Index {index.index_id} value already exists",
                    indexId=index.index_id,
                    existingEntityId=other,
                )


def concerns(index: MetaIndex, key: str) -> bool:
    """Tell whether an index looks at a key."""
    return key in index.keys or (index.when is not None and index.when.key == key)


def indexed_values(index: MetaIndex, meta: JsonObject) -> tuple[Any, ...] | None:
    """Return what an index compares; None for meta that it is not about, or that lacks a key."""
    if not holds(index.when, meta) or not set(index.keys) <= meta.keys():
        return None
    values = tuple(meta[key] for key in index.keys)
    return tuple(map(_normal, values)) if all(map(_is_indexable, values)) else None


def check_allowed(index: MetaIndex, keys: Iterable[str]) -> None:
    """Raise for the first key that is not among those allowed."""
    for key in keys:
        if key not in index.keys:
            raise MetaRuleError(
                400,
                "META_KEY_NOT_ALLOWED",
                f"Meta key {key} is not allowed for {index.entity_type}",
                key=key,
                allowedKeys=list(index.keys),
            )


def missing(index: MetaIndex, meta: JsonObject) -> list[str]:
    """Return the keys that meta lacks but must have."""
    return [key for key in index.keys if key not in meta] if holds(index.when, meta) else []


def holds(when: When | None, meta: JsonObject) -> bool:
    """Tell whether meta is of those that an index is about."""
    if when is None:
        return True
    if when.op == "exists":
        return (when.key in meta) == (when.value is not False)
    if when.key not in meta:
        return when.op == "ne"
    found = _normal(meta[when.key])
    if when.op == "in":
        return found in [_normal(value) for value in when.value]
    return bool(found == _normal(when.value)) == (when.op == "eq")


def _check_required(index: MetaIndex, meta: JsonObject, status: int) -> None:
    if lacking := missing(index, meta):
        raise MetaRuleError(
            status,
            "INDEX_KEYS_REQUIRED",
            f"Index {index.index_id} requires keys: {', '.join(lacking)}",
            indexId=index.index_id,
            missingKeys=lacking,
        )


def _candidates(
    store: Store, index: MetaIndex, meta: JsonObject
) -> Iterable[tuple[str, JsonObject]]:
    """Return the entities whose first indexed key has the same value, with all of their meta."""
    first = index.keys[0]
    wanted = _normal(meta[first])
    where = (index.tenant_id, index.entity_type)
    ids = store.meta.entities_where(*where, first, lambda value: _normal(value) == wanted)
    return store.meta.of_many(*where, ids).items()


def _is_indexable(value: Any) -> bool:
    return not isinstance(value, dict | list)


def _check_indexable(index: MetaIndex, meta: JsonObject) -> None:
    for key in index.keys:
        if not _is_indexable(meta.get(key)):
            raise MetaRuleError(
                400,
                "INDEX_VALUE_TYPE_NOT_ALLOWED",
                f"Value of meta key {key} cannot be indexed",
                indexId=index.index_id,
                key=key,
            )


def _normal(value: Any) -> Any:
    """Return a value as indexes compare it: types are strict, texts are not."""
    if isinstance(value, str):
        return ("text", value.strip().lower())
    return (isinstance(value, bool), value)
