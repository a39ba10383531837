"""Tenants: made outside of any, read and deleted within one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from contract_target import NO_NEW_TENANTS

if TYPE_CHECKING:
    from contract_target import Target

pytestmark = pytest.mark.read("tenants: the controller's code (0.0.80, again in 0.0.85)")


def may_make(api: Target) -> None:
    if not api.may_make_tenants:
        pytest.skip(NO_NEW_TENANTS)


async def made(api: Target, **meta: object) -> str:
    body = {"tenantId": f"T{secrets.token_hex(4)}", "meta": meta}
    reply = await api.call("POST", "/api/tenants", body, tenant=None)
    assert reply.status == 201, reply
    return str(reply.json["data"]["tenantId"])


async def test_a_tenant_is_read_and_deleted_alone(api: Target) -> None:
    may_make(api)
    tenant = await made(api, a=1)
    path = f"/api/tenants/{tenant}"
    data = (await api.call("GET", path)).json["data"]
    assert (data.keys(), data["meta"]) == ({"tenantId", "createdAt", "meta"}, {"a": 1})
    assert (await api.call("GET", f"/api/tenants/{tenant.upper()}")).status == 404
    created = await api.call("POST", "/api/users", {"userId": "stays"}, tenant=tenant)
    assert created.status == 201
    deleted = await api.call("DELETE", path)
    assert deleted.json == {"message": "Tenant deleted successfully", "tenantId": tenant}
    for method in ("GET", "DELETE"):
        reply = await api.call(method, path)
        expected = (404, f'Tenant with tenantId "{tenant}" not found')
        assert (reply.status, reply.json["message"]) == expected
    again = await api.call("POST", "/api/tenants", {"tenantId": tenant}, tenant=None)
    assert again.json["data"]["meta"] == {}
    assert (await api.call("GET", "/api/users/stays", tenant=tenant)).status == 200


async def test_a_tenant_is_made_once_and_in_words_of_its_own(api: Target) -> None:
    may_make(api)
    tenant = await made(api)
    again = await api.call("POST", "/api/tenants", {"tenantId": tenant}, tenant=None)
    assert (again.status, again.json["error"]) == (409, "Conflict")
    assert again.json["message"].startswith(f'Tenant with tenantId "{tenant}" already exists.')
    generated = await api.call("POST", "/api/tenants", {"tenantId": ""}, tenant=None)
    assert generated.json["data"]["tenantId"].startswith("tnt_")
    refused = await api.call("POST", "/api/tenants", {}, tenant=None, role="read")
    expected = (403, 'Permission "write" is required to create tenants')
    assert (refused.status, refused.json["message"]) == expected


async def test_tenants_are_listed_the_newest_first(api: Target) -> None:
    may_make(api)
    tenants = [await made(api) for _ in range(2)]

    async def listed(query: str) -> list[str]:
        # Others may make some meanwhile.
        reply = await api.call("GET", f"/api/tenants?limit=100{query}")
        return [row["tenantId"] for row in reply.json["data"] if row["tenantId"] in tenants]

    assert await listed("") == tenants[::-1]
    assert await listed("&sort=nonsense") == tenants[::-1]
    total = (await api.call("GET", "/api/tenants")).json["pagination"]["total"]
    if total <= 100:
        assert await listed('&sort={"createdAt":1}') == tenants
    # A list of all tenants still wants one that exists.
    assert (await api.call("GET", "/api/tenants", tenant="tnt_zzz")).status == 404
