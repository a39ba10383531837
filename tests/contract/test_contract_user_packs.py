"""Packs as one user sees them, and joining, leaving and reading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_packs import UNKNOWN_PACK, linked, pack_of

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from contract_target import Target
    from contract_world import World

pytestmark = pytest.mark.read("a user's packs: the controllers' code (0.0.80 and 0.0.86)")
NO_ACCESS = "Pack not found or user has no access (user is not in any dialog of this pack)"


@pytest.fixture
async def place(world: World) -> tuple[str, str, str, list[str]]:
    """Return Alice, Bob, and a pack of two dialogs: of both with two messages, and of Bob alone."""
    alice, bob = await world.user("alice"), await world.user("bob")
    dialogs = [await world.dialog(alice, bob), await world.dialog(bob)]
    pack = await pack_of(world.api, *dialogs, name="P")
    await world.message(dialogs[0], bob, "one")
    await world.message(dialogs[0], bob, "two")
    await world.message(dialogs[1], bob, "not for alice")
    return alice, bob, pack, dialogs


async def test_a_user_lists_packs_with_own_counters_and_the_last_message(
    api: Target, world: World, place: tuple[str, str, str, list[str]]
) -> None:
    alice, _, pack, dialogs = place

    async def items() -> list[dict[str, Any]]:
        return list((await api.call("GET", f"/api/users/{alice}/packs")).json["data"])

    async def unread() -> list[int]:
        return [item["stats"]["unreadCount"] for item in await items()]

    await world.eventually(unread, [2])
    (item,) = await items()
    assert (item["packId"], item["meta"]) == (pack, {"name": "P"})
    assert item["stats"]["dialogCount"] == 1
    by_type = {row["fromType"]: row["countUnread"] for row in item["stats"]["unreadBySenderType"]}
    assert by_type["user"] == 2
    last = item["lastMessage"]
    assert (last["content"], last["dialogId"]) == ("two", dialogs[0])
    assert last.get("deleted") is (False if api.can(Capability.SOFT_DELETE) else None)
    assert last["statusMessageMatrix"][0]["status"] == "unread"
    assert item["lastActivityAt"] == last["createdAt"]
    for query, found in (("(unreadCount,gte,2)", 1), ("(unreadCount,gt,2)", 0)):
        reply = await api.call("GET", f"/api/users/{alice}/packs?filter={query}")
        assert len(reply.json["data"]) == found
    nobody = await api.call("GET", f"/api/users/{await world.user('x')}/packs")
    assert nobody.json["data"] == []


async def test_one_pack_has_both_counters(
    api: Target, world: World, place: tuple[str, str, str, list[str]]
) -> None:
    alice, _, pack, _ = place
    data = (await api.call("GET", f"/api/users/{alice}/packs/{pack}")).json["data"]
    assert data["stats"]["dialogCount"] == 2
    assert data["userStats"]["dialogCount"] == 1
    stranger = await world.user("stranger")
    for user, other in ((stranger, pack), (alice, UNKNOWN_PACK)):
        for path in ("", "/messages"):
            reply = await api.call("GET", f"/api/users/{user}/packs/{other}{path}")
            assert (reply.status, reply.json["message"]) == (404, NO_ACCESS)


async def test_only_own_dialogs_and_their_messages_are_shown(
    api: Target, place: tuple[str, str, str, list[str]]
) -> None:
    alice, bob, pack, dialogs = place
    path = f"/api/users/{alice}/packs/{pack}"
    assert await linked(api, path + "/dialogs") == dialogs[:1]
    assert await linked(api, f"/api/users/{bob}/packs/{pack}/dialogs") == dialogs[::-1]
    assert await linked(api, f"/api/users/{alice}/packs/{UNKNOWN_PACK}/dialogs") == []
    page = (await api.call("GET", path + "/messages")).json
    assert [message["content"] for message in page["data"]] == ["two", "one"]
    assert page["data"][0]["context"] == {"userId": alice, "isMine": False}
    assert page["cursor"]["next"] is None


async def test_a_dialogs_packs_are_shown_to_its_members(
    api: Target, place: tuple[str, str, str, list[str]]
) -> None:
    alice, _, pack, dialogs = place
    (row,) = (await api.call("GET", f"/api/users/{alice}/dialogs/{dialogs[0]}/packs")).json["data"]
    assert (row["packId"], row["meta"]) == (pack, {"name": "P"})
    stranger = await api.call("GET", f"/api/users/{alice}/dialogs/{dialogs[1]}/packs")
    expected = (404, "Dialog not found or user is not a member")
    assert (stranger.status, stranger.json["message"]) == expected


async def test_joining_and_leaving_go_through_all_dialogs(
    api: Target, world: World, place: tuple[str, str, str, list[str]]
) -> None:
    alice, _, pack, dialogs = place
    carol = world.name("carol")
    path = f"/api/users/{carol}/packs/{pack}"
    joined = await api.call("POST", path + "/join", {"type": "contact"})
    assert (joined.status, joined.json["message"]) == (200, "User joined pack")
    expected = {"packId": pack, "joinedDialogsCount": 2, "alreadyMemberCount": 0}
    assert joined.json["data"] == expected
    assert (await api.call("GET", f"/api/users/{carol}")).json["data"]["type"] == "contact"
    assert len(await world.dialogs(carol)) == 2
    again = await api.call("POST", f"/api/users/{alice}/packs/{pack}/join", {})
    assert again.json["data"] == {**expected, "joinedDialogsCount": 1, "alreadyMemberCount": 1}
    left = await api.call("POST", path + "/leave")
    assert left.json["message"] == "User left pack"
    assert left.json["data"] == {"packId": pack, "leftDialogsCount": len(dialogs)}
    gone = await api.call("POST", path + "/leave")
    assert gone.json["message"] == "User is not in any dialog of this pack"
    empty = await api.call("POST", f"/api/users/{carol}/packs/{await pack_of(api)}/join")
    assert empty.json["message"] == "User joined pack (no dialogs in pack)"


async def test_a_pack_is_read_at_once_or_later(
    api: Target, world: World, place: tuple[str, str, str, list[str]]
) -> None:
    alice, _, pack, _ = place
    await world.eventually(lambda: world.unread(alice), 2)
    reply = await api.call("POST", f"/api/users/{alice}/packs/{pack}/markAllRead")
    assert (reply.status, reply.json["message"]) == (200, "Pack marked as read")
    data = reply.json["data"]
    assert (data["packId"], data["unreadCount"], data["processedDialogsCount"]) == (pack, 0, 1)
    processed = 0 if api.can(Capability.QUEUED_READING) else 2
    assert data["totalProcessedMessageCount"] == processed
    await world.eventually(lambda: world.unread(alice), 0)


async def test_a_users_totals_count_what_is_in_packs(
    api: Target, world: World, place: tuple[str, str, str, list[str]]
) -> None:
    alice, bob, _, _ = place
    other = await world.dialog(alice, bob)
    await world.message(other, bob, "in no pack")

    async def totals() -> tuple[int, int]:
        stats = (await api.call("GET", f"/api/users/{alice}")).json["data"]["stats"]
        return stats["totalUnreadCount"], stats["packs.messages.totalUnreadCount"]

    await world.eventually(totals, (3, 2))
