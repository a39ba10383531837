"""Tenants: list, create, read, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from chat3_embedded import shapes
from chat3_embedded.auth import require_permission
from chat3_embedded.errors import conflict, not_found
from chat3_embedded.ids import new_tenant_id
from chat3_embedded.jsonvalues import decode
from chat3_embedded.paging import strict_page
from chat3_embedded.routes.call import Answer, Route, listed, ok
from chat3_embedded.routes.fields import META
from chat3_embedded.validation import Field, obj, string

if TYPE_CHECKING:
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.routes.call import Call
    from chat3_embedded.steps import Steps
    from chat3_embedded.store.records import Tenant

_NEW = obj({"tenantId": Field(string(maximum=20, trim=True, empty=True)), "meta": META})


def list_tenants(call: Call) -> Answer:
    """List all tenants, newest first unless sorted: a key may act in any."""
    page = strict_page(call.query)
    tenants = call.store.tenants.page(
        limit=page.size, offset=page.offset, descending=_descending(call.query.get("sort", ""))
    )
    rows = [_tenant(call, tenant) for tenant in tenants]
    return listed(rows, page, call.store.tenants.count())


def _descending(sort: str) -> bool:
    """Read `{"createdAt":1}`; what does not parse is no sort at all."""
    try:
        value = decode(sort)
    except msgspec.DecodeError:
        return True
    return not (isinstance(value, dict) and value.get("createdAt") == 1)


def create_tenant(call: Call) -> Steps[Answer]:
    """Create a tenant; without an id it gets one."""
    require_permission(call.key, "write", 'Permission "write" is required to create tenants')
    body = call.checked_body(_NEW)
    tenant_id = (body["tenantId"] or new_tenant_id()).lower()
    tenant = call.store.add_tenant(tenant_id, meta=body["meta"])
    if tenant is None:
        raise conflict(
            f'Tenant with tenantId "{tenant_id}" already exists. Please choose a different'
            " tenantId or leave it empty for auto-generation."
        )
    yield "tenant row"
    return ok(shapes.tenant_json(tenant, body["meta"]), "Tenant created successfully", 201)


def get_tenant(call: Call) -> Answer:
    """Read a tenant; the case of its id matters here."""
    return ok(_tenant(call, _named(call)))


def delete_tenant(call: Call) -> Steps[Answer]:
    """Delete a tenant's row and meta; its dialogs, users and messages stay."""
    tenant = _named(call)
    with call.store.transaction():
        call.store.tenants.remove(tenant.tenant_id)
        call.store.meta.remove_all(tenant.tenant_id, "tenant", tenant.tenant_id)
    yield "tenant row"
    body = {"message": "Tenant deleted successfully", "tenantId": tenant.tenant_id}
    return Answer(200, body)


def _named(call: Call) -> Tenant:
    tenant_id = call.path["tenantId"]
    tenant = call.store.tenants.get(tenant_id)
    if tenant is None:
        raise not_found(f'Tenant with tenantId "{tenant_id}" not found')
    return tenant


def _tenant(call: Call, tenant: Tenant) -> JsonObject:
    meta = call.store.meta.of(tenant.tenant_id, "tenant", tenant.tenant_id)
    return shapes.tenant_json(tenant, meta)


_TENANTS = "/api/tenants"
ROUTES = (
    Route("GET", _TENANTS, list_tenants, "read"),
    # It checks the permission itself, in words of its own.
    Route("POST", _TENANTS, create_tenant, None, tenant=False),
    Route("GET", _TENANTS + "/{tenantId}", get_tenant, "read"),
    Route("DELETE", _TENANTS + "/{tenantId}", delete_tenant, "delete"),
)
