"""Turns a parsed filter into a test of documents, with the scope that it may overwrite."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from chat3_embedded.errors import internal
from chat3_embedded.filters import Condition, Group

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat3_embedded.filters import Node
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.store.meta import MetaTable

Test: TypeAlias = "Callable[[JsonObject], bool]"
# Resolves a condition that no document field answers (meta, member, …) to such a test.
Resolver: TypeAlias = "Callable[[Condition], Test | None]"

_MISSING = object()
WINDOWS = frozenset({"gt", "gte", "lt", "lte"})


@dataclass(frozen=True, slots=True)
class Query:
    """Conditions by field, and groups that hold besides them.

    One condition a field, the last one wins: that is how the real server builds its query, and
    why a client's `(dialogId,eq,OTHER)` overwrites the dialog that the URL names.
    """

    fields: Mapping[str, Condition] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()

    def within(self, node: Node | None) -> Query:
        """Return the query with a client's filter merged in, overwriting where fields meet."""
        if node is None:
            return self
        operands: tuple[Node, ...] = (node,)
        if isinstance(node, Group) and node.joiner == "&":
            operands = node.operands
        conditions = {o.field: o for o in operands if isinstance(o, Condition)}
        groups = tuple(o for o in operands if isinstance(o, Group))
        return replace(self, fields={**self.fields, **conditions}, groups=self.groups + groups)

    def without(self, *names: str) -> Query:
        """Return the query without the conditions on these fields."""
        fields = {name: c for name, c in self.fields.items() if name not in names}
        return replace(self, fields=fields)

    def pinned(self, *names: str) -> dict[str, str]:
        """Return the values of those of the fields that must equal one text: for an index."""
        found = ((name, self.fields.get(name)) for name in names)
        return {
            name: condition.value
            for name, condition in found
            if condition and condition.operator == "eq" and isinstance(condition.value, str)
        }

    def window(self, name: str) -> tuple[str, float] | None:
        """Return how a field must compare with a number, if it must: for an index."""
        condition = self.fields.get(name)
        if condition is None or condition.operator not in WINDOWS:
            return None
        value = condition.value
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return (condition.operator, value) if is_number else None

    def test(self, resolve: Resolver) -> Test:
        """Return the test that a document in the result passes."""
        nodes: list[Node] = [*self.fields.values(), *self.groups]
        tests = [_compile(node, resolve) for node in nodes]
        return lambda document: all(test(document) for test in tests)


def scope(**fields: str) -> Query:
    """Return the query that pins fields to texts, before a client's filter is merged in."""
    return Query({name: Condition(name, "eq", value) for name, value in fields.items()})


def meta_ids(
    meta: MetaTable, tenant_id: str, entity_type: str, condition: Condition
) -> set[str] | None:
    """Return the ids that a condition on `meta.…` selects; None for any other condition.

    Only entities that have the key at all are selected, whatever the operator.
    """
    if not condition.field.startswith("meta."):
        return None
    scalar = isinstance(condition.value, str | int)
    return meta.entities_where(
        tenant_id,
        entity_type,
        condition.field.removeprefix("meta."),
        comparison(condition),
        equal_to=condition.value if condition.operator == "eq" and scalar else None,
    )


def selected_by_meta(
    meta: MetaTable, tenant_id: str, entity_type: str, query: Query
) -> tuple[set[str] | None, Query]:
    """Return the ids that a query's conditions on meta select, if it has any, and what is left.

    They come first: they select few entities, and by an index.
    """
    selected = {
        name: ids
        for name, condition in query.fields.items()
        if (ids := meta_ids(meta, tenant_id, entity_type, condition)) is not None
    }
    among = set.intersection(*selected.values()) if selected else None
    return among, query.without(*selected)


def meta_resolver(meta: MetaTable, tenant_id: str, entity_type: str, id_field: str) -> Resolver:
    """Return a resolver for `meta.…`."""

    def resolve(condition: Condition) -> Test | None:
        ids = meta_ids(meta, tenant_id, entity_type, condition)
        return None if ids is None else in_set(id_field, ids)

    return resolve


def in_set(id_field: str, ids: set[str]) -> Test:
    """Return the test that a document's id is one of these."""
    return lambda document: document.get(id_field) in ids


def _compile(node: Node, resolve: Resolver) -> Test:
    if isinstance(node, Group):
        tests = [_compile(operand, resolve) for operand in node.operands]
        join = all if node.joiner == "&" else any
        return lambda document: join(test(document) for test in tests)
    resolved = resolve(node)
    if resolved is not None:
        return resolved
    _cast(node)
    test = comparison(node)
    return lambda document: test(document.get(node.field, _MISSING))


def _cast(condition: Condition) -> None:
    """Raise the 500 for a time of creation that is no number: the database layer wants one."""
    values = condition.value if isinstance(condition.value, list) else [condition.value]
    wrong = next((value for value in values if isinstance(value, str)), None)
    if condition.field == "createdAt" and wrong is not None:
        raise internal(
            f'Cast to Number failed for value "{wrong}" (type string) at path "createdAt"'
        )


def comparison(condition: Condition) -> Callable[[Any], bool]:
    """Return the test of one value; types are strict: "123" is not 123, and true is not 1."""
    operator, wanted = condition.operator, condition.value
    if operator == "regex":
        pattern = re.compile(str(wanted), re.IGNORECASE)
        return lambda value: isinstance(value, str) and pattern.search(value) is not None
    if operator == "exists":
        return lambda value: (value is not _MISSING) == bool(wanted)
    return {
        "eq": lambda value: _equal(value, wanted),
        "ne": lambda value: not _equal(value, wanted),
        "in": lambda value: any(_equal(value, item) for item in wanted),
        "nin": lambda value: not any(_equal(value, item) for item in wanted),
        "all": lambda value: all(_equal(value, item) for item in wanted),
        "gt": lambda value: _comparable(value, wanted) and value > wanted,
        "gte": lambda value: _comparable(value, wanted) and value >= wanted,
        "lt": lambda value: _comparable(value, wanted) and value < wanted,
        "lte": lambda value: _comparable(value, wanted) and value <= wanted,
    }[operator]


def _kind(value: Any) -> type:
    if isinstance(value, bool):
        return bool
    return float if isinstance(value, int | float) else type(value)


def _comparable(value: Any, wanted: Any) -> bool:
    return _kind(value) is _kind(wanted) and isinstance(value, int | float | str)


def _equal(value: Any, wanted: Any) -> bool:
    if value is _MISSING or value is None:
        return wanted is None
    if isinstance(value, list) and not isinstance(wanted, list):
        return any(_equal(item, wanted) for item in value)
    return _kind(value) is _kind(wanted) and bool(value == wanted)
