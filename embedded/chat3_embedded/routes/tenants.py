"""Tenants: list and create."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded import shapes
from chat3_embedded.errors import conflict
from chat3_embedded.ids import new_tenant_id
from chat3_embedded.paging import strict_page
from chat3_embedded.routes.call import Answer, Route, listed, ok
from chat3_embedded.routes.fields import META
from chat3_embedded.validation import Field, obj, string

if TYPE_CHECKING:
    from chat3_embedded.jsonvalues import JsonObject
    from chat3_embedded.routes.call import Call
    from chat3_embedded.store.records import Tenant

_NEW = obj({"tenantId": Field(string(maximum=20, trim=True)), "meta": META})


def list_tenants(call: Call) -> Answer:
    """List all tenants: a key may act in any."""
    page = strict_page(call.query)
    tenants = call.store.tenants.page(limit=page.size, offset=page.offset)
    rows = [_tenant(call, tenant) for tenant in tenants]
    return listed(rows, page, call.store.tenants.count())


def create_tenant(call: Call) -> Answer:
    """Create a tenant; without an id it gets one."""
    body = call.checked_body(_NEW)
    tenant_id = (body["tenantId"] or new_tenant_id()).lower()
    tenant = call.store.add_tenant(tenant_id, meta=body["meta"])
    if tenant is None:
        raise conflict("Tenant already exists")
    return ok(_tenant(call, tenant), "Tenant created successfully", 201)


def _tenant(call: Call, tenant: Tenant) -> JsonObject:
    meta = call.store.meta.of(tenant.tenant_id, "tenant", tenant.tenant_id)
    return shapes.tenant_json(tenant, meta)


ROUTES = (
    Route("GET", "/api/tenants", list_tenants, "read", tenant=False),
    Route("POST", "/api/tenants", create_tenant, "write", tenant=False),
)
