"""What 0.0.86 made of reading: a queue, a watermark, and what the user's dialogs carry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from contract_world import World

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from contract_target import Target

watermark = pytest.mark.since(Capability.UNREAD_WATERMARK)
read_unread = pytest.mark.read("unread as a watermark: the counter worker's code (0.0.86)")
TIME_TEXT = re.compile(r"\d{13}\.\d{6}")


@pytest.fixture
async def pair(world: World) -> tuple[str, str, str]:
    """Return Alice, Bob and their dialog with three messages of Alice's, unread by Bob."""
    alice, bob = await world.user("alice"), await world.user("bob")
    dialog = await world.dialog(alice, bob)
    for text in ("one", "two", "three"):
        await world.message(dialog, alice, text)
    await world.eventually(lambda: world.unread(bob), 3)
    return alice, bob, dialog


@pytest.mark.since(Capability.QUEUED_READING)
@pytest.mark.read("reading all: the controller's and the dialog-read-worker's code (0.0.86)")
async def test_reading_all_is_answered_before_it_is_done(
    api: Target, world: World, pair: tuple[str, str, str]
) -> None:
    alice, bob, dialog = pair
    reply = await api.call("POST", f"/api/users/{bob}/dialogs/{dialog}/markAllRead")
    assert (reply.status, reply.json["message"]) == (200, "All messages marked as read")
    data = reply.json["data"]
    assert (data["unreadCount"], data["processedMessageCount"]) == (0, 0)
    await world.eventually(lambda: world.unread(bob), 0)

    async def statuses() -> list[str]:
        messages = (await api.call("GET", World.path(alice, dialog))).json["data"]
        return [message["statusMessageMatrix"][0]["status"] for message in messages]

    await world.eventually(statuses, ["read"] * 3)


@watermark
@read_unread
async def test_each_read_lowers_unread_and_never_below_zero(
    world: World, pair: tuple[str, str, str]
) -> None:
    _, bob, dialog = pair
    (first, *_) = (await world.api.call("GET", World.path(bob, dialog))).json["data"]
    for expected in (2, 1, 0, 0):
        await world.status(bob, dialog, first["messageId"], "read")
        await world.eventually(lambda: world.unread(bob), expected)


@watermark
@read_unread
async def test_other_statuses_do_not_count(world: World, pair: tuple[str, str, str]) -> None:
    _, bob, dialog = pair
    (first, *_) = (await world.api.call("GET", World.path(bob, dialog))).json["data"]
    await world.status(bob, dialog, first["messageId"], "read")
    await world.eventually(lambda: world.unread(bob), 2)
    for status in ("unread", "delivered"):
        await world.status(bob, dialog, first["messageId"], status)
    await world.message(dialog, pair[0], "four")
    # The message is counted after the statuses were: they have changed nothing.
    await world.eventually(lambda: world.unread(bob), 3)


@watermark
@read_unread
async def test_a_patch_answers_the_old_count_and_counts_what_is_newer(
    api: Target, world: World, pair: tuple[str, str, str]
) -> None:
    alice, bob, dialog = pair
    path = f"/api/dialogs/{dialog}/members/{bob}/unread"
    assert (await api.call("PATCH", path, {"unreadCount": 4})).status == 400
    messages = (await api.call("GET", World.path(alice, dialog))).json["data"]
    seen = int(float(messages[1]["createdAt"])) + 1
    reply = await api.call("PATCH", path, {"unreadCount": 1, "lastSeenAt": seen})
    assert reply.json["data"]["unreadCount"] == 3
    newer = sum(float(message["createdAt"]) > seen for message in messages)
    await world.eventually(lambda: world.unread(bob), newer)
    reply = await api.call("PATCH", path, {"unreadCount": 0})
    assert (reply.status, reply.json["data"]["unreadCount"]) == (200, 0)
    await world.eventually(lambda: world.unread(bob), 0)


@pytest.mark.since(Capability.DIALOGS_WITH_TENANT)
@pytest.mark.read("a user's dialogs: the list's code (0.0.86)")
async def test_dialogs_carry_tenant_and_time(
    api: Target, world: World, pair: tuple[str, str, str]
) -> None:
    (dialog,) = await world.dialogs(pair[0])
    assert dialog["tenantId"] == api.tenant
    assert TIME_TEXT.fullmatch(dialog["createdAt"])


@pytest.mark.until(Capability.DIALOGS_WITH_TENANT)
async def test_dialogs_of_an_older_platform_carry_neither(
    world: World, pair: tuple[str, str, str]
) -> None:
    (dialog,) = await world.dialogs(pair[0])
    assert not dialog.keys() & {"tenantId", "createdAt"}
