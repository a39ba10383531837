"""What stands around the routes: authentication and its order, error pages, ETags, health."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from contract_story import load
from contract_target import NO_NEW_TENANTS, PERMISSIONS

if TYPE_CHECKING:
    from contract_target import Reply, Target
    from contract_world import World

UNKNOWN_DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"
JSON = {"Content-Type": "application/json"}


def is_page(reply: Reply, status: int, text: str) -> bool:
    return (
        reply.status == status
        and reply.headers["Content-Type"] == "text/html; charset=utf-8"
        and f"<pre>{text}</pre>" in reply.text
    )


@pytest.mark.parametrize("body", ["{", '{"a":1', "null", "5", '"text"', "[1,", "nul"])
async def test_a_body_that_is_no_object_is_an_html_page(api: Target, body: str) -> None:
    reply = await api.call("POST", "/api/users", body, headers=JSON)
    assert is_page(reply, 400, "Bad Request")


@pytest.mark.parametrize("size", [100 * 1024 + 1, 17 * 1024 * 1024])
async def test_a_body_over_100_kilobytes_is_an_html_page(api: Target, size: int) -> None:
    body = '{"userId":"' + "x" * (size - 13) + '"}'
    reply = await api.call("POST", "/api/users", body, headers=JSON)
    assert is_page(reply, 413, "Payload Too Large")


async def test_a_body_of_100_kilobytes_is_read(api: Target) -> None:
    body = '{"userId":"' + "x" * (100 * 1024 - 13) + '"}'
    reply = await api.call("POST", "/api/users", body, headers=JSON)
    assert reply.json["message"] == "Validation error"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nope"),
        ("GET", "/"),
        ("PATCH", "/api/users/alice"),
        ("DELETE", f"/api/dialogs/{UNKNOWN_DIALOG}/messages/msg_aaaaaaaaaaaaaaaaaaaa"),
        ("PUT", f"/api/users/a/dialogs/{UNKNOWN_DIALOG}/messages/msg_a/status/read"),
    ],
)
async def test_an_unknown_route_is_an_html_page_without_a_key(
    api: Target, method: str, path: str
) -> None:
    reply = await api.call(method, path, role=None)
    assert is_page(reply, 404, f"Cannot {method} {path}")


async def test_authentication_comes_before_the_tenant(api: Target) -> None:
    reply = await api.call("GET", "/api/users/a.b", role=None, tenant="tnt_zzz")
    assert reply.status == 401


async def test_the_tenant_comes_before_permission(api: Target) -> None:
    reply = await api.call("GET", "/api/dialogs/x", role="write", tenant="tnt_zzz")
    assert reply.status == 404
    assert reply.json["message"] == "Tenant 'tnt_zzz' not found"


async def test_permission_comes_before_the_ids_of_the_url(api: Target) -> None:
    reply = await api.call("GET", "/api/dialogs/x", role="write")
    assert reply.json == load("err_permission_read")["response"]


async def test_the_ids_of_the_url_come_before_the_body(api: Target) -> None:
    reply = await api.call("POST", "/api/dialogs/x/messages", {})
    assert reply.json["field"] == "dialogId"


async def test_the_body_comes_before_the_dialog(api: Target) -> None:
    reply = await api.call("POST", f"/api/dialogs/{UNKNOWN_DIALOG}/messages", {})
    assert reply.json["message"] == "Validation error"


async def test_all_problems_of_a_body_are_listed(api: Target) -> None:
    body = {"members": [5, {"userId": ""}], "meta": {"a": None}}
    reply = await api.call("POST", "/api/dialogs", body)
    fields = [detail["field"] for detail in reply.json["details"]]
    assert fields == ["members.0", "members.1.userId", "meta.a"]


@pytest.mark.parametrize("role", PERMISSIONS)
async def test_a_key_may_do_what_its_permissions_say(api: Target, role: str) -> None:
    allowed = PERMISSIONS[role] if role not in {"inactive", "expired"} else None
    path = f"/api/dialogs/{UNKNOWN_DIALOG}"
    for method, where, permission in (
        ("GET", path, "read"),
        ("POST", f"{path}/members/add", "write"),
        ("DELETE", path, "delete"),
    ):
        reply = await api.call(method, where, {"userId": "a"}, role=role)
        if allowed is None:
            assert reply.status == 401
            assert reply.json["message"] == "API key is expired or inactive"
        elif permission in allowed:
            assert reply.json["message"] == "Dialog not found"
        else:
            assert reply.status == 403
            assert reply.json["message"] == f"Permission '{permission}' is required"


async def test_the_user_routes_check_no_permission(api: Target, world: World) -> None:
    user = world.name("nobody")
    path = f"/api/users/{user}"
    created = await api.call("POST", "/api/users", {"userId": user}, role="none")
    assert created.status == 201
    assert (await api.call("GET", path, role="none")).status == 200
    assert (await api.call("PUT", path, {"type": "bot"}, role="none")).status == 200
    assert (await api.call("GET", "/api/users?limit=1", role="none")).status == 200
    assert (await api.call("DELETE", path, role="none")).status == 204
    assert (await api.call("GET", path, role="none")).status == 404


async def test_without_a_tenant_header_the_default_tenant_is_meant(api: Target) -> None:
    with_header = await api.call("GET", "/api/users/no_one", tenant="tnt_default")
    without = await api.call("GET", "/api/users/no_one", tenant=None)
    assert without.json == with_header.json
    assert without.status == 404


async def test_a_tenant_header_is_trimmed_and_lower_cased(api: Target, world: World) -> None:
    user = await world.user("alice")
    reply = await api.call("GET", f"/api/users/{user}", tenant=f"  {api.tenant.upper()} ")
    assert reply.json["data"]["tenantId"] == api.tenant


async def test_a_dotted_user_id_gets_a_russian_text(api: Target) -> None:
    for path in ("/api/users/a.b", "/api/users/a.b/dialogs"):
        reply = await api.call("GET", path)
        assert (reply.status, reply.json) == (400, load("user_get_badid")["response"])


async def test_a_fresh_copy_is_not_sent_again(api: Target, world: World) -> None:
    path = f"/api/users/{await world.user('alice')}"
    first = await api.call("GET", path)
    assert first.headers["ETag"].startswith('W/"')
    again = await api.call("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.text) == (304, "")
    stale = await api.call("GET", path, headers={"If-None-Match": 'W/"1-x"'})
    assert (stale.status, stale.json) == (200, first.json)


async def test_head_trailing_slash_and_preflight_are_answered(api: Target, world: World) -> None:
    path = f"/api/users/{await world.user('alice')}"
    head = await api.call("HEAD", path)
    assert (head.status, head.text) == (200, "")
    assert (await api.call("GET", path + "/")).status == 200
    preflight = await api.call("OPTIONS", path, role=None)
    assert (preflight.status, preflight.text) == (204, "")
    assert head.headers["Access-Control-Allow-Origin"] == "*"


async def test_forms_are_read_and_plain_text_is_not(api: Target, world: World) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = await api.call("POST", "/api/users", f"userId={world.name('form')}", headers=form)
    assert reply.status == 201
    plain = {"Content-Type": "text/plain"}
    reply = await api.call("POST", "/api/users", '{"userId":"plain"}', headers=plain)
    assert reply.json == load("body_text_plain")["response"]


async def test_health_needs_no_key(api: Target) -> None:
    reply = await api.call("GET", "/health", role=None, tenant=None)
    recorded = load("health")["response"]
    assert reply.status == 200
    assert reply.json.keys() == recorded.keys()
    assert reply.json["rabbitmq"].keys() == recorded["rabbitmq"].keys()
    assert reply.json["services"] == recorded["services"]
    assert "***:***@" in reply.json["rabbitmq"]["url"]


async def test_a_tenant_is_made_once(api: Target) -> None:
    if not api.may_make_tenants:
        pytest.skip(NO_NEW_TENANTS)
    tenant = f"tnt_{secrets.token_hex(4)}"
    body = {"tenantId": tenant, "meta": {"a": 1}}
    replies = [await api.call("POST", "/api/tenants", body, tenant=None) for _ in range(2)]
    assert [reply.status for reply in replies] == [201, 409]
    reply = await api.call("GET", f"/api/users?filter=(tenantId,eq,{tenant})", tenant=None)
    assert reply.json["data"] == []
