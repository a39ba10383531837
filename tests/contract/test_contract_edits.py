"""Edits with versions, from 0.0.82, and what platforms before both did with the same requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_world import World

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from contract_target import Reply, Target

since_versions = pytest.mark.since(Capability.EDIT_VERSIONS)
read = pytest.mark.read("edits and versions: the routes' code and schemas (0.0.82)")
UNKNOWN = "msg_aaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
async def written(world: World) -> tuple[str, str, str]:
    """Return Alice, her dialog, and a message in it."""
    alice = await world.user("alice")
    dialog = await world.dialog(alice)
    return alice, dialog, await world.message(dialog, alice, "one", meta={"k": 1})


async def edit(api: Target, message: str, content: str, path: str = "/edit", **more: Any) -> Reply:
    body = {"content": content, **more}
    return await api.call("PUT", f"/api/messages/{message}{path}", body)


@since_versions
@read
@pytest.mark.parametrize("path", ["/edit", ""])
async def test_an_edit_stands_beside_the_meta(
    api: Target, written: tuple[str, str, str], path: str
) -> None:
    reply = await edit(api, written[2], " two ", path, editedBy="mod")
    assert (reply.status, reply.json["message"]) == (200, "Message content updated successfully")
    data = reply.json["data"]
    assert (data["content"], data["edited"], data["editedBy"]) == ("two", True, "mod")
    assert isinstance(data["editedAt"], int | float)
    assert data["meta"] == {"k": 1}
    same = await edit(api, written[2], "two", path)
    assert same.json["message"] == "Message content is unchanged"
    assert same.json["data"]["editedBy"] == "mod"


@since_versions
@read
async def test_versions_are_the_texts_before(api: Target, written: tuple[str, str, str]) -> None:
    message = written[2]
    path = f"/api/messages/{message}/versions"
    assert (await api.call("GET", path)).json == {"data": []}
    for number in range(2, 24):
        await edit(api, message, f"text {number}", editedBy=f"editor {number}")
    reply = await api.call("GET", path)
    rows = reply.json["data"]
    assert [row["versionIndex"] for row in rows] == list(range(22, 2, -1))
    assert rows[0]["content"] == "text 22"
    assert rows[0]["editedBy"] == "editor 23"
    assert isinstance(rows[0]["createdAt"], str)
    assert rows[0]["messageId"] == message
    assert reply.json.keys() == {"data"}


@since_versions
@read
async def test_lists_tell_an_edit(api: Target, world: World, written: tuple[str, str, str]) -> None:
    alice, dialog, message = written
    await edit(api, message, "two")
    await world.message(dialog, alice, "fresh")
    for path in (World.path(alice, dialog), f"/api/dialogs/{dialog}/messages"):
        fresh, edited = (await api.call("GET", path)).json["data"]
        assert not fresh.get("edited")
        assert not fresh.keys() & {"editedAt", "editedBy", "deletedAt", "deletedBy"}
        assert edited["edited"] is True
        assert isinstance(edited["editedAt"], int | float)


@since_versions
@read
async def test_what_does_not_fit_is_refused(api: Target, written: tuple[str, str, str]) -> None:
    message = written[2]
    for body, field in (
        ({}, "content"),
        ({"content": " "}, "content"),
        ({"content": "x" * 10_001}, "content"),
        ({"content": "x", "editedBy": "y" * 257}, "editedBy"),
    ):
        reply = await api.call("PUT", f"/api/messages/{message}/edit", body)
        assert [detail["field"] for detail in reply.json["details"]] == [field]
    assert (await edit(api, message, "two", editedBy="")).status == 200
    assert (await edit(api, UNKNOWN, "two")).json["message"] == "Message not found"
    unknown = await api.call("GET", f"/api/messages/{UNKNOWN}/versions")
    assert (unknown.status, unknown.json["message"]) == (404, "Message not found")


@pytest.mark.until(Capability.SOFT_DELETE)
async def test_an_older_platform_knows_neither_route(
    api: Target, written: tuple[str, str, str]
) -> None:
    path = f"/api/messages/{written[2]}"
    for method, where, body in (
        ("PATCH", path, {"deleted": True}),
        ("PUT", path + "/edit", {"content": "x"}),
        ("GET", path + "/versions", {}),
    ):
        reply = await api.call(method, where, body)
        assert (reply.status, reply.json) == (404, None)
    edited = await edit(api, written[2], "two", "", editedBy="dropped silently")
    assert not edited.json["data"].keys() & {"edited", "editedAt", "editedBy", "deleted"}
