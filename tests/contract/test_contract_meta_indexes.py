"""Meta indexes: what a tenant may demand of meta, and what the other routes make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_packs import pack_of

if TYPE_CHECKING:
    from contract_target import Reply, Target
    from contract_world import World

pytestmark = pytest.mark.read("meta indexes: the controller's and the rules' code (0.0.80)")


@pytest.fixture
def key(world: World) -> str:
    """Return a key of meta that no other run has used on this server."""
    return world.name("key")


async def register(api: Target, kind: str, *keys: str, mode: str = "unique", **more: Any) -> Reply:
    body = {"keys": list(keys), "mode": mode, **more}
    return await api.call("POST", f"/api/meta/index/{kind}", body)


async def put(api: Target, kind: str, entity: str, **meta: Any) -> Reply:
    return await api.call("PUT", f"/api/meta/{kind}/{entity}", {"meta": meta})


def refusal(reply: Reply) -> tuple[int, str, str]:
    """Return status, error and code; the answers of these routes have two more members."""
    assert reply.json.keys() == {"error", "code", "message", "details"}, reply
    return reply.status, reply.json["error"], reply.json["code"]


async def test_a_definition_is_registered_read_and_deleted(api: Target, key: str) -> None:
    created = await register(api, "pack", key + "b", key + "a")
    assert (created.status, created.json["message"]) == (201, "Index definition(s) registered")
    data = created.json["data"]
    index = f"unique:{key}a+{key}b"
    assert (data["indexId"], data["keys"], data["mode"]) == (
        index,
        [key + "a", key + "b"],
        "unique",
    )
    assert (data["tenantId"], data["entityType"]) == (api.tenant, "pack")
    assert (await register(api, "pack", key + "a", key + "b")).status == 201
    path = "/api/meta/index/pack"
    listed = (await api.call("GET", path)).json
    assert listed.keys() == {"data"}
    assert [row["indexId"] for row in listed["data"]].count(index) == 1
    assert (await api.call("GET", f"{path}/{index}")).json["data"]["indexId"] == index
    # Not `delete`: this route wants `write`.
    deleted = await api.call("DELETE", f"{path}/{index}", role="write")
    assert (deleted.status, deleted.json) == (200, {"message": "Index definition deleted"})
    for method in ("GET", "DELETE"):
        gone = await api.call(method, f"{path}/{index}")
        expected = (404, f"Index definition {index} not found")
        assert (gone.status, gone.json["message"]) == expected


async def test_several_are_registered_at_once_and_a_dry_run_registers_none(
    api: Target, key: str
) -> None:
    when = {"key": key + "kind", "op": "exists"}
    specs = [
        {"keys": [key], "mode": "required", "id": f"{key}-{n}", "when": when} for n in range(2)
    ]
    path = "/api/meta/index/pack"
    dry = await api.call("POST", f"{path}?dryRun=true", {"indexes": specs})
    assert (dry.status, dry.json["message"]) == (200, "Dry run passed")
    assert (await api.call("GET", f"{path}/{key}-0")).status == 404
    done = await api.call("POST", path, {"indexes": specs})
    assert [row["indexId"] for row in done.json["data"]] == [f"{key}-0", f"{key}-1"]
    for spec in specs:
        await api.call("DELETE", f"{path}/{spec['id']}")


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"keys": ["a"]},
        {"keys": [], "mode": "unique"},
        {"keys": ["a", "b", "c", "d"], "mode": "unique"},
        {"keys": ["a.b"], "mode": "unique"},
        {"keys": ["a"], "mode": "sorted"},
        {"keys": ["a"], "mode": ["unique"]},
        {"keys": "a", "mode": "unique"},
        {"keys": [["a"], ["a"]], "mode": "unique"},
        {"keys": ["a"], "mode": "unique", "when": "b"},
        {"keys": ["a"], "mode": "unique", "when": {"key": ["b"], "op": "eq"}},
        {"keys": ["a"], "mode": "unique", "when": {"key": "b", "op": "in", "value": 1}},
        {"keys": ["a"], "mode": "unique", "id": "A B"},
        {"keys": ["a"], "mode": "unique", "when": {"key": "b", "op": "like"}},
        {"indexes": []},
        {"indexes": [5]},
        [],
    ],
)
async def test_what_is_no_definition_is_refused(api: Target, spec: Any) -> None:
    reply = await api.call("POST", "/api/meta/index/pack", spec)
    assert refusal(reply) == (400, "Bad Request", "INVALID_INDEX_SPEC")


async def test_one_id_is_one_definition(api: Target, key: str) -> None:
    await register(api, "pack", key, id=key)
    other = await register(api, "pack", key + "x", id=key)
    assert refusal(other) == (409, "Conflict", "INDEX_DEFINITION_CONFLICT")


async def test_a_value_is_unique_among_entities_of_a_type(
    api: Target, world: World, key: str
) -> None:
    dialogs = [await world.dialog(meta={"n": number}) for number in range(2)]
    await register(api, "dialog", key)
    assert (await put(api, "dialog", dialogs[0], **{key: "One"})).status == 200
    # Itself again, another type, another value: none of these is a duplicate.
    assert (await put(api, "dialog", dialogs[0], **{key: "One"})).status == 200
    assert (await put(api, "user", world.name("ghost"), **{key: "One"})).status == 200
    for value in ("One", " one "):
        reply = await put(api, "dialog", dialogs[1], **{key: value})
        assert refusal(reply) == (409, "Conflict", "DUPLICATE_INDEX")
        assert reply.json["details"]["existingEntityId"] == dialogs[0]
        assert reply.json["message"] == f"Index unique:{key} value already exists"
    single = await api.call("PUT", f"/api/meta/dialog/{dialogs[1]}/{key}", {"value": "One"})
    assert refusal(single) == (409, "Conflict", "DUPLICATE_INDEX")
    odd = await put(api, "dialog", dialogs[1], **{key: {"an": "object"}})
    assert refusal(odd) == (400, "Bad Request", "INDEX_VALUE_TYPE_NOT_ALLOWED")


async def test_objects_from_before_an_index_are_in_nobodys_way(
    api: Target, world: World, key: str
) -> None:
    for value in ({"an": "object"}, {"an": "object"}, ["a"]):
        await world.dialog(meta={key: value, world.name("salt"): 1})
    assert (await register(api, "dialog", key)).status == 201
    await world.dialog(meta={key: "text"})


async def test_an_index_may_be_about_some_entities_alone(
    api: Target, world: World, key: str
) -> None:
    when = {"key": key + "kind", "op": "eq", "value": "direct"}
    reply = await register(api, "dialog", key, when=when)
    assert reply.json["data"]["indexId"].startswith(f"unique:{key}@w:")
    for kind in ("group", "group", "direct"):
        await world.dialog(meta={key: "same", key + "kind": kind})
    fourth = await world.dialog(meta={key: "same"})
    reply = await api.call("PUT", f"/api/meta/dialog/{fourth}/{key}kind", {"value": "direct"})
    assert refusal(reply) == (409, "Conflict", "DUPLICATE_INDEX")


async def test_required_keys_stay(api: Target, world: World, key: str) -> None:
    when = {"key": key + "kind", "op": "exists", "value": True}
    await register(api, "user", key, mode="required", when=when)
    user = world.name("ghost")
    lacking = await put(api, "user", user, **{key + "kind": 1})
    assert refusal(lacking) == (400, "Bad Request", "INDEX_KEYS_REQUIRED")
    assert (await put(api, "user", user, **{key + "kind": 1, key: 2})).status == 200
    for path, body in ((f"/{key}", {}), ("", {"keys": [key]})):
        reply = await api.call("DELETE", f"/api/meta/user/{user}{path}", body)
        assert refusal(reply) == (409, "Conflict", "INDEX_KEYS_REQUIRED")
    assert (await api.call("GET", f"/api/meta/user/{user}")).json["data"][key] == 2


async def test_what_is_there_already_can_be_in_the_way(api: Target, world: World, key: str) -> None:
    for _ in range(22):
        await world.dialog(meta={key: "same", world.name("salt"): 1})
    reply = await register(api, "dialog", key)
    assert refusal(reply) == (409, "Conflict", "INDEX_CONFLICT_EXISTING_DATA")
    details = reply.json["details"]
    assert (len(details["violations"]), details["totalViolations"], details["truncated"]) == (
        20,
        21,
        True,
    )


class TestHalfWritten:
    """Other routes answer 500, and what was written before stays."""

    async def test_a_dialog_is_left_without_members(
        self, api: Target, world: World, key: str
    ) -> None:
        alice = await world.user("alice")
        await register(api, "dialog", key)
        await world.dialog(alice, meta={key: "taken"})
        mark = world.name("mark")
        body = {"members": [{"userId": alice}], "meta": {"mark": mark, key: "taken"}}
        reply = await api.call("POST", "/api/dialogs", body)
        assert (reply.status, reply.json["error"]) == (500, "Internal Server Error")
        assert f"Index unique:{key} value already exists" in reply.json["message"]
        (half,) = (await api.call("GET", f"/api/dialogs?filter=(meta.mark,eq,{mark})")).json["data"]
        assert (half["memberCount"], half["meta"]) == (0, {"mark": mark})
        assert len(await world.dialogs(alice)) == 1

    async def test_a_message_is_left_without_its_key(
        self, api: Target, world: World, key: str
    ) -> None:
        alice = await world.user("alice")
        dialog = await world.dialog(alice)
        await register(api, "message", key)
        await world.message(dialog, alice, "one", meta={key: "taken"})
        reply = await world.post(dialog, alice, "two", meta={key: "taken"})
        assert (reply.status, reply.json["error"]) == (500, "Internal Server Error")
        assert await world.messages(alice, dialog) == ["two", "one"]
        assert await world.messages(alice, dialog, filter=f"(meta.{key},exists,true)") == ["one"]

    async def test_a_topic_is_left_without_its_key(
        self, api: Target, world: World, key: str
    ) -> None:
        path = f"/api/dialogs/{await world.dialog(meta={})}/topics"
        await register(api, "topic", key)
        replies = [
            await api.call("POST", path, {"meta": {"n": number, key: "taken"}})
            for number in range(2)
        ]
        assert [reply.status for reply in replies] == [201, 500]
        topics = (await api.call("GET", path)).json["data"]
        assert [topic["meta"] for topic in topics] == [{"n": 0, key: "taken"}, {"n": 1}]

    async def test_a_pack_goes_with_what_was_written(self, api: Target, key: str) -> None:
        await register(api, "pack", key)
        pack = await pack_of(api, **{key: "taken"})
        reply = await api.call("POST", "/api/packs", {"meta": {"n": key, key: "taken"}})
        assert refusal(reply) == (409, "Conflict", "DUPLICATE_INDEX")
        assert reply.json["details"]["existingEntityId"] == pack
        found = (await api.call("GET", f"/api/packs?filter=(meta.n,eq,{key})")).json["data"]
        assert found == []


async def test_allowed_keys_are_the_only_ones(api: Target, world: World) -> None:
    # Of one type there is one such list, which then holds for everybody.
    api = await api.with_own_tenants() if api.may_make_tenants else pytest.skip("no own tenant")
    assert (await put(api, "system", "a", x=1)).status == 200
    taken = await register(api, "system", "y", mode="allowed")
    assert refusal(taken) == (409, "Conflict", "SCHEMA_CONFLICT_EXISTING_DATA")
    allowed = await register(api, "system", "x", "y", mode="allowed")
    assert allowed.json["data"]["indexId"] == "allowed:keys"
    assert refusal(await put(api, "system", "a", z=1)) == (
        400,
        "Bad Request",
        "META_KEY_NOT_ALLOWED",
    )
    outside = await register(api, "system", "z")
    assert refusal(outside) == (400, "Bad Request", "INDEX_KEYS_NOT_IN_ALLOWLIST")
    assert (await register(api, "system", "x")).status == 201
