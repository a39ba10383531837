"""The updates that came with newer platforms, and those of packs and topics. Double only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_packs import pack_of, put_in
from contract_published import published_by, told_to
from contract_world import World

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from contract_target import Published, Target

pytestmark = pytest.mark.of_the_double
read_deletion = pytest.mark.read("message.deleted: the event's and the update's code (0.0.81)")
read_edits = pytest.mark.read("edits in events and updates: their code (0.0.82)")
read_packs = pytest.mark.read("events of packs and topics: the update's code (0.0.80, 0.0.81)")
LONG, CUT = "x" * 10_000, "x" * 4096
OTHER = "y" + LONG[1:]


@pytest.fixture
def world(double: Target) -> World:
    return World(double)


@pytest.fixture
async def pair(world: World) -> tuple[str, str, str]:
    """Return Alice, Bob and their dialog."""
    alice, bob = await world.user("alice"), await world.user("bob")
    return alice, bob, await world.dialog(alice, bob)


def message_of(update: Published) -> dict[str, Any]:
    return dict(update.body["data"]["message"])


@pytest.mark.since(Capability.TENANT_IN_ROUTING_KEY)
@pytest.mark.read("routing keys: two documents and the platform's own gateway (0.0.86)")
async def test_keys_name_the_tenant(double: Target, world: World) -> None:
    user = world.name("alice")
    for tenant in (double.tenant, double.second_tenant):
        body = {"userId": user, "type": "bot"}
        act = double.call("POST", "/api/users", body, tenant=tenant)
        (update,) = await published_by(double, act)
        assert update.routing_key == f"update.user.{tenant}.bot.{user}.user"
        assert update.body["tenantId"] == tenant


@pytest.mark.since(Capability.SOFT_DELETE)
@read_deletion
async def test_a_deletion_and_its_reverse_reach_all_members_and_are_counted(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    alice, _, dialog = pair
    message = await world.message(dialog, alice, "secret")
    path = f"/api/messages/{message}"
    for deleted in (True, False):
        body = {"deleted": deleted, "deletedBy": "mod"}
        updates = await published_by(double, double.call("PATCH", path, body))
        assert told_to(updates) == [
            ("alice", "update.message", "message.deleted"),
            ("bob", "update.message", "message.deleted"),
            ("alice", "update.user", "message.deleted"),
            ("bob", "update.user", "message.deleted"),
            ("bob", "update.dialog", "message.deleted"),
        ]
        shown = message_of(updates[0])
        assert (shown["content"], shown["deleted"]) == ("secret", deleted)
        assert ("deletedAt" in shown, shown.get("deletedBy")) == (
            deleted,
            "mod" if deleted else None,
        )
        if deleted:
            assert isinstance(shown["deletedAt"], int | float)
        context = updates[0].body["data"]["context"]
        names = ("deleted", "deletedAt", "deletedBy")
        assert context["updatedFields"] == [f"message.{name}" for name in names]
        assert (context["version"], context["uiTarget"]) == (4, "messages.list")
        unread = updates[4].body["data"]["dialog"]["stats"]["unreadCount"]
        assert unread == (0 if deleted else 1)
        assert await published_by(double, double.call("PATCH", path, body)) == []


@pytest.mark.since(Capability.EDIT_VERSIONS)
@read_edits
async def test_an_edit_is_told_beside_the_meta(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    message = await world.message(pair[2], pair[0], "one", meta={"k": 1})
    body = {"content": "two", "editedBy": "mod"}
    act = double.call("PUT", f"/api/messages/{message}/edit", body)
    updates = await published_by(double, act)
    assert told_to(updates) == [
        ("alice", "update.message", "message.changed"),
        ("bob", "update.message", "message.changed"),
    ]
    shown = message_of(updates[0])
    assert (shown["edited"], shown["editedBy"], shown["meta"]) == (True, "mod", {"k": 1})
    assert isinstance(shown["editedAt"], int | float)
    assert updates[0].body["data"]["context"]["updatedFields"] == ["message.content"]


@pytest.mark.since(Capability.EDIT_VERSIONS)
@read_edits
async def test_a_change_of_meta_says_nothing_of_edits_and_deletion(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    message = await world.message(pair[2], pair[0], "one")
    await double.call("PUT", f"/api/messages/{message}", {"content": "two"})
    await double.call("PATCH", f"/api/messages/{message}", {"deleted": True})
    act = double.call("PUT", f"/api/meta/message/{message}/k", {"value": 1})
    update, _ = await published_by(double, act)
    flags = {"edited", "editedAt", "editedBy", "deleted", "deletedAt", "deletedBy"}
    assert not message_of(update).keys() & flags


@pytest.mark.read("events of packs and topics: the update's code (0.0.80, 0.0.81)")
async def test_a_change_of_meta_says_nothing_of_the_topic(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    created = await double.call("POST", f"/api/dialogs/{pair[2]}/topics", {"meta": {"a": 1}})
    topic = created.json["data"]["topicId"]
    message = await world.message(pair[2], pair[0], topicId=topic)
    edit = double.call("PUT", f"/api/messages/{message}", {"content": "other"})
    change = double.call("PUT", f"/api/meta/message/{message}/k", {"value": 1})
    for act, shown in ((edit, {"topicId", "topic"}), (change, set())):
        update, _ = await published_by(double, act)
        assert message_of(update).keys() & {"topicId", "topic"} == shown


@pytest.mark.read("content in events: the code that cuts it (0.0.80 to 0.0.85)")
async def test_a_long_text_is_cut_where_it_is_new_and_whole_elsewhere(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    alice, bob, dialog = pair
    created, *_ = await published_by(double, world.message(dialog, alice, LONG))
    assert message_of(created)["content"] == CUT
    message = message_of(created)["messageId"]
    topic = await double.call("POST", f"/api/dialogs/{dialog}/topics", {})
    where = {"topicId": topic.json["data"]["topicId"]}
    acts = [
        (
            double.call("PUT", f"/api/messages/{message}", {"content": OTHER}),
            OTHER[:4096],
        ),
        (double.call("PUT", f"/api/meta/message/{message}/k", {"value": 1}), OTHER),
        (double.call("PATCH", f"/api/messages/{message}/topic", where), OTHER),
        (world.status(bob, dialog, message, "read"), OTHER),
        (world.react(bob, dialog, message, "👍"), OTHER),
    ]
    if double.can(Capability.SOFT_DELETE):
        deletion = double.call("PATCH", f"/api/messages/{message}", {"deleted": True})
        acts.append((deletion, OTHER[:4096]))
    for act, expected in acts:
        update, *_ = await published_by(double, act)
        assert message_of(update)["content"] == expected


@read_packs
async def test_a_changed_pack_is_told_once_for_each_of_its_dialogs(
    double: Target, world: World
) -> None:
    alice, bob = await world.user("alice"), await world.user("bob")
    dialogs = [await world.dialog(alice, bob), await world.dialog(alice)]
    pack = await pack_of(double, *dialogs, name="P")
    path = f"/api/meta/pack/{pack}"
    for request in (
        ("PUT", f"{path}/k", {"value": 1}),
        ("PUT", path, {"meta": {"k": 2}}),
        ("DELETE", f"{path}/k"),
    ):
        updates = await published_by(double, double.call(*request))
        told = {(u.body["userId"], u.body["entityId"]) for u in updates}
        assert told == {(alice, dialogs[0]), (bob, dialogs[0]), (alice, dialogs[1])}
        assert len(updates) == 3
        assert {u.body["updateType"] for u in updates} == {"update.dialog"}
        assert len({u.body["eventId"] for u in updates}) == 1
        data = updates[0].body["data"]
        assert data.keys() == {"dialog", "pack", "context"}
        assert data["pack"]["packId"] == data["context"]["packId"] == pack
        assert data["context"]["updatedFields"] == ["pack.meta"]
        assert data["pack"]["meta"]["name"] == "P"


@read_packs
async def test_of_a_pack_itself_nobody_is_told_save_of_counters(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    act = double.call("POST", "/api/packs", {"meta": {"a": 1}})
    assert await published_by(double, act) == []
    pack = await pack_of(double)
    for act, source in (
        (put_in(double, pack, pair[2]), "pack.dialog.add"),
        (double.call("DELETE", f"/api/packs/{pack}/dialogs/{pair[2]}"), "pack.dialog.remove"),
    ):
        updates = await published_by(double, act)
        expected = [("alice", "update.user", source), ("bob", "update.user", source)]
        assert told_to(updates) == expected
    assert await published_by(double, double.call("DELETE", f"/api/packs/{pack}")) == []


@read_packs
async def test_joining_and_leaving_tell_of_each_dialog(double: Target, world: World) -> None:
    alice, carol = await world.user("alice"), await world.user("carol")
    dialogs = [await world.dialog(alice), await world.dialog(alice)]
    pack = await pack_of(double, *dialogs)
    for verb, event in (("join", "dialog.member.add"), ("leave", "dialog.member.remove")):
        act = double.call("POST", f"/api/users/{carol}/packs/{pack}/{verb}")
        updates = await published_by(double, act)
        told = {(who, kind) for who, kind, _ in told_to(updates)}
        assert ("alice", "update.dialog") in told
        assert ("carol", "update.dialog") in told
        assert {u.body["sourceEventType"] for u in updates} == {event}
        entities = {u.body["entityId"] for u in updates if u.body["updateType"] == "update.dialog"}
        assert entities == set(dialogs)


@read_packs
async def test_a_changed_topic_is_only_named(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    created = await double.call("POST", f"/api/dialogs/{pair[2]}/topics", {"meta": {"a": 1}})
    topic = created.json["data"]["topicId"]
    path = f"/api/meta/topic/{topic}/k"
    change = double.call("PATCH", f"/api/dialogs/{pair[2]}/topics/{topic}", {})
    assert told_to(await published_by(double, double.call("PUT", path, {"value": 1}))) == []
    for act in (change, double.call("DELETE", path)):
        updates = await published_by(double, act)
        assert told_to(updates) == [
            ("alice", "update.dialog", "dialog.topic.changed"),
            ("bob", "update.dialog", "dialog.topic.changed"),
        ]
        data = updates[0].body["data"]
        assert data.keys() == {"dialog", "context"}
        assert data["context"]["entityId"] == topic
        assert updates[0].body["entityId"] == pair[2]


@read_packs
async def test_the_topic_of_a_message_is_told_as_its_change(
    double: Target, world: World, pair: tuple[str, str, str]
) -> None:
    created = await double.call("POST", f"/api/dialogs/{pair[2]}/topics", {"meta": {"a": 1}})
    topic = created.json["data"]["topicId"]
    message = await world.message(pair[2], pair[0])
    path = f"/api/messages/{message}/topic"
    for given in (topic, None):
        update, _ = await published_by(double, double.call("PATCH", path, {"topicId": given}))
        assert update.body["sourceEventType"] == "message.changed"
        assert update.body["data"]["context"]["updatedFields"] == ["message.topicId"]
        assert message_of(update).get("topicId") == given


@pytest.mark.read("events of members: the event's and the update's code (0.0.80, 0.0.86)")
async def test_a_member_is_named_otherwise_where_a_dialog_is_made(
    double: Target, world: World
) -> None:
    alice, bob = await world.user("alice"), await world.user("bob")
    made = await published_by(double, world.dialog(alice))
    dialog = made[0].body["entityId"]
    path = f"/api/dialogs/{dialog}/members"
    added = await published_by(double, double.call("POST", f"{path}/add", {"userId": bob}))
    removed = await published_by(double, double.call("POST", f"{path}/{bob}/remove"))
    for updates, entity in (
        (made, dialog),
        (added, f"{dialog}:{bob}"),
        (removed, f"{dialog}:{bob}"),
    ):
        update = updates[0].body
        # The update's own entity is the dialog in any case.
        assert (update["updateType"], update["entityId"]) == ("update.dialog", dialog)
        context = update["data"]["context"]
        assert context["entityId"] == entity
        assert context["includedSections"] == ["dialog", "member"]
        assert context["updatedFields"] == ["member"]


@pytest.mark.read("events of members: the event's and the update's code (0.0.80, 0.0.86)")
async def test_each_member_of_a_new_dialog_is_told_of_every_other(
    double: Target, world: World
) -> None:
    people = [await world.user(name) for name in ("alice", "bob", "carl")]
    updates = await published_by(double, world.dialog(*people, meta={"a": 1}))
    for user in people:
        own = [u.body for u in updates if u.body["userId"] == user]
        told = [u["data"]["member"]["userId"] for u in own if "member" in u["data"]]
        assert told == people
        assert [u["sourceEventType"] for u in own][3] == "dialog.create"
        assert all(u["data"]["dialog"]["meta"] == {"a": 1} for u in own if "dialog" in u["data"])
