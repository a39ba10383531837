"""Meta indexes: register, list, read, delete what a tenant demands of a type's meta."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import shapes
from chat3_embedded.errors import not_found
from chat3_embedded.index_specs import check_definition, read_spec
from chat3_embedded.meta_rules import MetaRuleError
from chat3_embedded.routes.call import Answer, Route, ok, said
from chat3_embedded.routes.meta import entity_type_of

if TYPE_CHECKING:
    from typing import Any

    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import MetaIndex


def register(call: Call) -> Steps[Answer]:
    """Register one definition or several, all or none; a dry run only looks at the data."""
    entity_type = entity_type_of(call)
    body = call.body if isinstance(call.body, dict) else {}
    several = "indexes" in body
    dry = call.query.get("dryRun") == "true"
    try:
        indexes = _registered(call, entity_type, body["indexes"] if several else [body], dry=dry)
    except MetaRuleError as error:
        raise error.answer() from None
    if not dry:
        yield "meta index row"
    shown = [shapes.meta_index_json(index) for index in indexes]
    data: Any = shown if several else shown[0]
    if dry:
        return ok(data, "Dry run passed")
    return ok(data, "Index definition(s) registered", 201)


def _registered(call: Call, entity_type: str, specs: Any, *, dry: bool) -> list[MetaIndex]:
    if not isinstance(specs, list) or not specs:
        raise MetaRuleError(400, "INVALID_INDEX_SPEC", "Invalid index spec: indexes is empty")
    store, indexes = call.store, []
    with store.transaction():
        for spec in specs:
            index = read_spec(
                spec,
                tenant_id=call.tenant_id,
                entity_type=entity_type,
                created_by=call.key.name,
                now=store.clock.now(),
            )
            if check_definition(store, index):
                index = store.meta_indexes.get(call.tenant_id, entity_type, index.index_id) or index
            elif not dry:
                store.meta_indexes.add(index)
            indexes.append(index)
    return indexes


def list_indexes(call: Call) -> Answer:
    """List a type's definitions, on one page."""
    indexes = call.store.meta_indexes.of(call.tenant_id, entity_type_of(call))
    return ok([shapes.meta_index_json(index) for index in indexes])


def get_index(call: Call) -> Answer:
    """Read a definition."""
    return ok(shapes.meta_index_json(_index(call)))


def delete_index(call: Call) -> Steps[Answer]:
    """Delete a definition; with `write`, not with `delete`."""
    call.store.meta_indexes.remove(_index(call))
    yield "meta index row"
    return said("Index definition deleted")


def _index(call: Call) -> MetaIndex:
    where = (call.tenant_id, entity_type_of(call), call.path["indexId"])
    index = call.store.meta_indexes.get(*where)
    if index is None:
        raise not_found(f"Index definition {where[2]} not found")
    return index


_INDEXES = "/api/meta/index/{entityType}"
_INDEX = _INDEXES + "/{indexId}"
ROUTES = (
    Route("POST", _INDEXES, register, "write"),
    Route("GET", _INDEXES, list_indexes, "read"),
    Route("GET", _INDEX, get_index, "read"),
    Route("DELETE", _INDEX, delete_index, "write"),
)
