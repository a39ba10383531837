"""Soft deletion, from 0.0.81: the route, its answers, and what lists show of deleted messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_world import World

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from contract_target import Reply, Target

pytestmark = [
    pytest.mark.since(Capability.SOFT_DELETE),
    pytest.mark.read("soft deletion: the route's code and schema (0.0.81, again in 0.0.85)"),
]
UNKNOWN = "msg_aaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
async def talk(world: World) -> tuple[str, str, str, str]:
    """Return Alice, Bob, their dialog, and a message of Alice's in it."""
    alice, bob = await world.user("alice"), await world.user("bob")
    dialog = await world.dialog(alice, bob)
    return alice, bob, dialog, await world.message(dialog, alice, "secret", meta={"k": "v"})


async def delete(api: Target, message: str, **body: Any) -> Reply:
    return await api.call("PATCH", f"/api/messages/{message}", body)


async def test_the_answer_is_the_message_with_its_text_and_with_nulls(
    api: Target, talk: tuple[str, str, str, str]
) -> None:
    message = talk[3]
    reply = await delete(api, message, deleted=True, deletedBy=" mod ")
    assert (reply.status, reply.json["message"]) == (200, "Message soft-deleted successfully")
    data = reply.json["data"]
    assert (data["deleted"], data["deletedBy"], data["content"]) == (True, "mod", "secret")
    assert isinstance(data["deletedAt"], int | float)
    assert data["meta"] == {"k": "v"}
    assert data["statusMessageMatrix"][0]["status"] == "unread"
    assert data["reactionSet"] == []
    assert not data.keys() & {"topic", "context"}
    back = await delete(api, message, deleted=False, deletedBy="ignored")
    assert back.json["message"] == "Message undeleted successfully"
    marks = [back.json["data"][name] for name in ("deleted", "deletedAt", "deletedBy")]
    assert marks == [False, None, None]


async def test_the_same_again_writes_nothing(api: Target, talk: tuple[str, str, str, str]) -> None:
    message = talk[3]
    undeleted = await delete(api, message, deleted=False)
    assert (undeleted.status, undeleted.json["message"]) == (200, "Message is not deleted")
    first = await delete(api, message, deleted=True, deletedBy="a")
    again = await delete(api, message, deleted=True, deletedBy="b")
    assert (again.status, again.json["message"]) == (200, "Message is already deleted")
    assert again.json["data"]["deletedAt"] == first.json["data"]["deletedAt"]
    assert again.json["data"]["deletedBy"] == "a"


@pytest.mark.parametrize("nobody", [None, ""])
async def test_nobody_need_have_done_it(
    api: Target, talk: tuple[str, str, str, str], nobody: str | None
) -> None:
    reply = await delete(api, talk[3], deleted=True, deletedBy=nobody)
    assert reply.json["data"]["deletedBy"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "deleted"),
        ({"deleted": None}, "deleted"),
        ({"deleted": "perhaps"}, "deleted"),
        ({"deleted": True, "deletedBy": "x" * 201}, "deletedBy"),
    ],
)
async def test_a_body_that_does_not_fit_is_refused(
    api: Target, talk: tuple[str, str, str, str], body: dict[str, Any], field: str
) -> None:
    reply = await delete(api, talk[3], **body)
    assert reply.status == 400
    assert [detail["field"] for detail in reply.json["details"]] == [field]


async def test_what_is_not_there_is_not_found_in_json(api: Target) -> None:
    reply = await delete(api, UNKNOWN, deleted=True)
    assert (reply.status, reply.json["message"]) == (404, "Message not found")
    assert (await delete(api, "x", deleted=True)).json["field"] == "messageId"
    forbidden = await api.call("PATCH", f"/api/messages/{UNKNOWN}", {"deleted": True}, role="read")
    assert forbidden.status == 403


async def test_a_deleted_message_stays_in_every_list_with_its_text(
    api: Target, world: World, talk: tuple[str, str, str, str]
) -> None:
    alice, bob, dialog, message = talk
    await delete(api, message, deleted=True, deletedBy="mod")
    for path in (
        World.path(bob, dialog),
        f"/api/dialogs/{dialog}/messages",
        f"/api/messages?filter=(messageId,eq,{message})",
    ):
        reply = await api.call("GET", path)
        (shown,) = reply.json["data"]
        assert (shown["content"], shown["deleted"], shown["deletedBy"]) == ("secret", True, "mod")
        assert isinstance(shown["deletedAt"], int | float)
        assert reply.json["pagination"]["total"] == 1
    for path in (World.path(alice, dialog, message), f"/api/messages/{message}"):
        assert (await api.call("GET", path)).json["data"]["deleted"] is True
    (item,) = await world.dialogs(alice)
    assert (item["lastMessage"]["content"], item["lastMessage"]["deleted"]) == ("secret", True)
    assert await world.messages(bob, dialog, filter="(deleted,ne,true)") == []


async def test_a_quote_keeps_what_was_true_when_it_was_made(
    api: Target, world: World, talk: tuple[str, str, str, str]
) -> None:
    alice, _, dialog, message = talk
    before = await world.message(dialog, alice, "one", quotedMessageId=message)
    await delete(api, message, deleted=True, deletedBy="mod")
    after = await world.message(dialog, alice, "two", quotedMessageId=message)

    async def quoted(quoting: str) -> Any:
        reply = await api.call("GET", World.path(alice, dialog, quoting))
        return reply.json["data"]["quotedMessage"]

    assert not (await quoted(before))["deleted"]
    assert ((await quoted(after))["deleted"], (await quoted(after))["content"]) == (True, "secret")


async def test_a_deleted_message_can_be_edited_and_reacted_to(
    api: Target, world: World, talk: tuple[str, str, str, str]
) -> None:
    _, bob, dialog, message = talk
    await delete(api, message, deleted=True)
    edited = await api.call("PUT", f"/api/messages/{message}", {"content": "other"})
    assert (edited.status, edited.json["data"]["deleted"]) == (200, True)
    assert (await world.react(bob, dialog, message, "👍")).status == 201


async def test_what_is_deleted_is_not_unread(
    api: Target, world: World, talk: tuple[str, str, str, str]
) -> None:
    _, bob, _, message = talk
    await world.eventually(lambda: world.unread(bob), 1)
    await delete(api, message, deleted=True)
    await world.eventually(lambda: world.unread(bob), 0)
    await delete(api, message, deleted=False)
    await world.eventually(lambda: world.unread(bob), 1)
