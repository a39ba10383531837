"""Members of dialogs: what was read of their list, and of what else the routes do with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from contract_target import Target
    from contract_world import World

pytestmark = pytest.mark.read("members: the controllers' code (0.0.80 and 0.0.86)")


@pytest.fixture
async def crowd(world: World) -> tuple[str, str, str]:
    """Return a user, a contact and their dialog."""
    alice, carl = await world.user("alice"), await world.user("carl", type="contact")
    return alice, carl, await world.dialog(alice, carl)


async def test_a_filter_of_members_knows_few_fields(
    api: Target, crowd: tuple[str, str, str]
) -> None:
    alice, carl, dialog = crowd
    path = f"/api/dialogs/{dialog}/members?filter="
    for text, expected in (
        ("(type,eq,contact)", [carl]),
        ("(type,in,[user,bot])", [alice]),
        ("(type,ne,user)", [carl]),
        # Nothing of this is stored with a member.
        ("(unreadCount,eq,0)", []),
        ("(lastSeenAt,gt,0)", []),
        # Any other field is ignored.
        ("(anything,eq,1)", [alice, carl]),
        (f"(userId,eq,{carl})&(anything,eq,1)", [carl]),
    ):
        reply = await api.call("GET", path + text.replace("&", "%26"))
        assert [member["userId"] for member in reply.json["data"]] == expected, text
    for wrong in ("(type,eq,robot)", "(type,regex,user)"):
        reply = await api.call("GET", path + wrong)
        assert reply.status == 400
        assert "Filter type value must be one of: user, contact, bot" in reply.json["message"]


async def test_unread_of_nobody_is_not_found(api: Target, crowd: tuple[str, str, str]) -> None:
    path = f"/api/dialogs/{crowd[2]}/members/nobody/unread"
    reply = await api.call("PATCH", path, {"unreadCount": 0})
    assert (reply.status, reply.json["message"]) == (404, "Dialog member not found")


async def test_a_deleted_user_lives_on_as_a_ghost(
    api: Target, world: World, crowd: tuple[str, str, str]
) -> None:
    alice, _, dialog = crowd
    await api.call("PUT", f"/api/meta/user/{alice}/name", {"value": "A"})
    assert (await api.call("DELETE", f"/api/users/{alice}")).status == 204
    ghost = (await api.call("GET", f"/api/users/{alice}")).json["data"]
    assert ghost["meta"] == {"name": "A"}
    assert not ghost.keys() & {"type", "createdAt"}
    assert [item["dialogId"] for item in await world.dialogs(alice)] == [dialog]


async def test_a_deleted_dialog_leaves_its_messages(
    api: Target, world: World, crowd: tuple[str, str, str]
) -> None:
    alice, _, dialog = crowd
    message = await world.message(dialog, alice)
    member = f"/api/meta/dialogMember/{dialog}:{alice}"
    await api.call("PUT", f"{member}/k", {"value": 1})
    assert (await api.call("DELETE", f"/api/dialogs/{dialog}")).status == 200
    assert await world.dialogs(alice) == []
    for path in (f"/api/meta/dialog/{dialog}", member, f"/api/dialogs/{dialog}/members"):
        assert (await api.call("GET", path)).status == 404
    assert (await api.call("GET", f"/api/messages/{message}")).status == 200


@pytest.mark.since(Capability.UNREAD_WATERMARK)
async def test_a_changed_member_is_counted_anew(
    api: Target, world: World, crowd: tuple[str, str, str]
) -> None:
    alice, carl, dialog = crowd
    messages = [await world.message(dialog, alice, text) for text in ("one", "two")]
    await world.eventually(lambda: world.unread(carl), 2)
    await world.status(carl, dialog, messages[0], "read")
    await world.eventually(lambda: world.unread(carl), 1)
    # What was read one by one comes back as unread: nothing moved what the member has seen.
    await api.call("PUT", f"/api/meta/dialogMember/{dialog}:{carl}/muted", {"value": True})
    await world.eventually(lambda: world.unread(carl), 2)


async def test_a_member_is_named_by_a_dialog_and_a_user(
    api: Target, crowd: tuple[str, str, str]
) -> None:
    for entity in (crowd[2], f"{crowd[2]}:a:b"):
        path = f"/api/meta/dialogMember/{entity}"
        assert (await api.call("PUT", f"{path}/k", {"value": 1})).status == 400
        for method, where, body in (
            ("GET", path, {}),
            ("PUT", path, {"meta": {"k": 1}}),
            ("DELETE", path, {"keys": ["k"]}),
            ("DELETE", f"{path}/k", {}),
        ):
            reply = await api.call(method, where, body)
            assert (reply.status, reply.json["error"]) == (500, "Internal Server Error")


async def test_users_are_filtered_by_their_counters(
    api: Target, world: World, crowd: tuple[str, str, str]
) -> None:
    alice, carl, dialog = crowd
    await world.message(dialog, alice)
    await world.eventually(lambda: world.unread(carl), 1)
    both = f"(userId,in,[{alice},{carl}])&(stats.totalUnreadCount,gt,0)".replace("&", "%26")

    async def found() -> list[str]:
        reply = await api.call("GET", f"/api/users?filter={both}")
        return [user["userId"] for user in reply.json["data"]]

    await world.eventually(found, [carl])
