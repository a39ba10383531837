"""Reads the definition of a meta index from a request, and holds it against what is there.

Read: modes, limits, forms of ids, codes and statuses; the texts and the members of `details`
that are not named in a test are inferred.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chat3_embedded import meta_rules
from chat3_embedded.ids import META_KEY
from chat3_embedded.jsonvalues import encode
from chat3_embedded.meta_rules import MetaRuleError
from chat3_embedded.store.records import MetaIndex, When

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store import Store

_MOST_KEYS = {"unique": 3, "required": 3, "allowed": 50}
_OPERATORS = ("eq", "in", "ne", "exists")
_ID = re.compile(r"[a-z0-9._-]{1,64}")
_SHOWN_VIOLATIONS = 20


def read_spec(
    spec: Any, *, tenant_id: str, entity_type: str, created_by: str, now: float
) -> MetaIndex:
    """Return the definition that a request gives.

    Raises:
        MetaRuleError: It is none.

    """
    if not isinstance(spec, dict) or spec.get("mode") not in tuple(_MOST_KEYS):
        raise _invalid(f"mode must be one of: {', '.join(_MOST_KEYS)}")
    mode, keys = spec["mode"], spec.get("keys")
    if not isinstance(keys, list) or not 1 <= len(keys) <= _MOST_KEYS[mode]:
        raise _invalid(f"keys must have 1 to {_MOST_KEYS[mode]} items")
    if not all(isinstance(key, str) and META_KEY.fullmatch(key) for key in keys):
        raise _invalid("keys may only contain letters, numbers, and underscores")
    if len(set(keys)) < len(keys):
        raise _invalid("keys must differ")
    when = _read_when(spec.get("when"), mode)
    ordered = tuple(sorted(keys))
    given = spec.get("id")
    if given is not None and (not isinstance(given, str) or not _ID.fullmatch(given)):
        raise _invalid("id must match [a-z0-9._-]{1,64}")
    index_id = _own_id(mode, ordered, when) if given is None or mode == "allowed" else given
    return MetaIndex(tenant_id, entity_type, index_id, mode, ordered, when, created_by, now)


def _read_when(when: Any, mode: str) -> When | None:
    if when is None:
        return None
    if mode == "allowed":
        raise _invalid("when does not go with allowed")
    if not isinstance(when, dict) or when.get("op") not in _OPERATORS:
        raise _invalid(f"when.op must be one of: {', '.join(_OPERATORS)}")
    key, value = when.get("key"), when.get("value")
    if not isinstance(key, str) or not META_KEY.fullmatch(key):
        raise _invalid("when.key may only contain letters, numbers, and underscores")
    if when["op"] == "in" and not isinstance(value, list):
        raise _invalid("when.value must be an array")
    return When(key, when["op"], value)


def _own_id(mode: str, keys: tuple[str, ...], when: When | None) -> str:
    if mode == "allowed":
        return "allowed:keys"
    scope = f"@w:{when.key}:{when.op}:{encode(when.value).decode()}" if when else ""
    return f"{mode}:{'+'.join(keys)}{scope}"


def _invalid(text: str) -> MetaRuleError:
    return MetaRuleError(400, "INVALID_INDEX_SPEC", f"Invalid index spec: {text}")


def check_definition(store: Store, index: MetaIndex) -> bool:
    """Hold a definition against the others and the data; return whether it is there already.

    Raises:
        MetaRuleError: It contradicts another definition, or meta that is there.

    """
    others = store.meta_indexes.of(index.tenant_id, index.entity_type)
    same_id = next((other for other in others if other.index_id == index.index_id), None)
    if same_id is not None:
        if (same_id.mode, same_id.keys, same_id.when) == (index.mode, index.keys, index.when):
            return True
        raise MetaRuleError(
            409,
            "INDEX_DEFINITION_CONFLICT",
            f"Index {index.index_id} is defined otherwise",
            indexId=index.index_id,
        )
    for other in others:
        allowed, held = (other, index) if other.mode == "allowed" else (index, other)
        if allowed.mode == "allowed" and (outside := set(held.keys) - set(allowed.keys)):
            raise MetaRuleError(
                400,
                "INDEX_KEYS_NOT_IN_ALLOWLIST",
                f"Index keys are not allowed: {', '.join(sorted(outside))}",
                keys=sorted(outside),
            )
    _check_data(index, store.meta.all_of(index.tenant_id, index.entity_type))
    return False


def _check_data(index: MetaIndex, metas: Mapping[str, JsonObject]) -> None:
    find = {"unique": _duplicates, "required": _lacking, "allowed": _outside}[index.mode]
    violations = find(index, metas)
    if not violations:
        return
    schema = index.mode == "allowed"
    raise MetaRuleError(
        409,
        "SCHEMA_CONFLICT_EXISTING_DATA" if schema else "INDEX_CONFLICT_EXISTING_DATA",
        f"Existing meta contradicts {index.index_id}",
        violations=violations[:_SHOWN_VIOLATIONS],
        totalViolations=len(violations),
        truncated=len(violations) > _SHOWN_VIOLATIONS,
    )


def _duplicates(index: MetaIndex, metas: Mapping[str, JsonObject]) -> list[JsonObject]:
    first: dict[Any, str] = {}
    found = []
    for entity_id, meta in metas.items():
        values = meta_rules.indexed_values(index, meta)
        if values is not None and first.setdefault(values, entity_id) != entity_id:
            found.append({"entityId": entity_id, "existingEntityId": first[values]})
    return found


def _lacking(index: MetaIndex, metas: Mapping[str, JsonObject]) -> list[JsonObject]:
    return [
        {"entityId": entity_id, "missingKeys": lacking}
        for entity_id, meta in metas.items()
        if (lacking := meta_rules.missing(index, meta))
    ]


def _outside(index: MetaIndex, metas: Mapping[str, JsonObject]) -> list[JsonObject]:
    return [
        {"entityId": entity_id, "keys": sorted(meta.keys() - set(index.keys))}
        for entity_id, meta in metas.items()
        if meta.keys() - set(index.keys)
    ]
