"""The updates that the double publishes: recorded bodies, recipients, order. Double only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import pytest_asyncio
from contract_newer import key_of_generation, update_of_generation
from contract_published import key_of, published_by, settled, told_to
from contract_shape import differences
from contract_story import RECORDED, Story
from contract_world import World

if TYPE_CHECKING:
    from contract_target import Published, Target

pytestmark = pytest.mark.of_the_double

UPDATES = sorted(path.stem for path in (RECORDED / "updates").glob("*.json"))
# No chapter of the story tells it: its sender had 20 kB of meta by then.
QUOTED = "message__message_create__quoted"
LATE = frozenset({"unreadCount", "statsVersion", "totalUnreadCount", "countUnread"})
# The real worker computed the matrix when it sent, which was after the next status had come.
AHEAD = {"message__message_status_changed": "$.data.message.statusMessageMatrix[2].status"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def told(shared_api: Target) -> Story:
    story = Story(shared_api)
    await story.tell()
    await settled(shared_api)
    return story


@pytest.fixture
def world(double: Target) -> World:
    return World(double)


def recorded(name: str) -> Any:
    return msgspec.json.decode((RECORDED / "updates" / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", [name for name in UPDATES if name != QUOTED])
def test_an_update_is_as_recorded(told: Story, name: str) -> None:
    generation = told.api.generation
    recording = recorded(name)
    recording["body"] = update_of_generation(recording["body"], generation)
    recording = told.translated(recording)
    # The real worker looked the user's type up when it sent; it had changed back by then.
    key = recording["routingKey"]
    if name == "user__user_changed":
        key = key.replace("update.user.user.", "update.user.operator.")
    key = key_of_generation(key, told.api.tenant, generation)
    assert told.api.publisher is not None
    candidates = [
        list(_differences(recording, update))
        for update in told.api.publisher.published
        if update.routing_key == key and update.headers == recording["properties"]["headers"]
    ]
    assert candidates, f"nothing published as {key}"
    best = min(candidates, key=len)
    assert [one for one in best if not one.startswith(AHEAD.get(name, "-"))] == []


def _differences(recording: Any, update: Published) -> Any:
    yield from differences(recording["body"], update.body, loose=LATE)
    yield from differences(
        recording["properties"]["timestamp"], update.timestamp_ms, at="$timestamp"
    )


async def test_an_update_of_a_quoting_message_does_not_show_the_quote(
    double: Target, world: World
) -> None:
    alice = await world.user("alice")
    dialog = await world.dialog(alice)
    first = await world.message(dialog, alice)
    update, *_ = await published_by(
        double, world.message(dialog, alice, "quoting", quotedMessageId=first)
    )
    recording = recorded(QUOTED)["body"]["data"]["message"]
    assert update.body["data"]["message"].keys() == recording.keys()


class TestRecipients:
    @pytest.fixture
    async def pair(self, world: World) -> tuple[str, str, str]:
        alice, bob = await world.user("alice"), await world.user("bob")
        return alice, bob, await world.dialog(alice, bob)

    async def test_a_message_reaches_all_members_and_counters_follow(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, _, dialog = pair
        updates = await published_by(double, world.message(dialog, alice))
        assert told_to(updates) == [
            ("alice", "update.message", "message.create"),
            ("bob", "update.message", "message.create"),
            ("alice", "update.user", "message.create"),
            ("bob", "update.user", "message.create"),
            ("bob", "update.dialog", "message.create"),
        ]
        assert len({update.body["eventId"] for update in updates}) == 1
        identities = {(u.body["eventId"], u.body["userId"], u.body["updateType"]) for u in updates}
        assert len(identities) == len(updates)
        assert updates[4].body["data"]["dialog"]["stats"] == {"unreadCount": 1}
        assert updates[3].body["data"]["user"]["stats"]["totalUnreadCount"] == 1

    async def test_a_strangers_message_counts_for_the_stranger_too(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        stranger = await world.user("stranger")
        updates = await published_by(double, world.message(pair[2], stranger))
        assert ("stranger", "update.message", "message.create") not in told_to(updates)
        assert ("stranger", "update.user", "message.create") in told_to(updates)
        nobody = await published_by(double, world.message(pair[2], "nobody"))
        assert "nobody" not in {who for who, _, _ in told_to(nobody)}

    async def test_a_system_message_changes_no_unread_count(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        act = world.message(pair[2], pair[0], "joined", type="system.notice")
        kinds = [kind for _, kind, _ in told_to(await published_by(double, act))]
        assert kinds == ["update.message"] * 2 + ["update.user"] * 2

    async def test_a_status_reaches_all_members_and_counts_for_the_actor(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        message = await world.message(dialog, alice)
        for status, old in (("read", "unread"), ("read", "read")):
            updates = await published_by(double, world.status(bob, dialog, message, status))
            assert told_to(updates) == [
                ("alice", "update.message", "message.status.changed"),
                ("bob", "update.message", "message.status.changed"),
                ("bob", "update.user", "message.status.changed"),
                ("bob", "update.dialog", "message.status.changed"),
            ]
            change = {"userId": bob, "status": status, "oldStatus": old}
            assert updates[0].body["data"]["message"]["statusUpdate"] == change

    async def test_a_reaction_shows_everyone_the_actors_view(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        message = await world.message(dialog, alice)
        updates = await published_by(double, world.react(bob, dialog, message, "👍"))
        for update in updates:
            shown = update.body["data"]["message"]["reactionUpdate"]
            assert shown["reactionSet"] == [{"reaction": "👍", "count": 1, "me": True}]
        assert [who for who, _, _ in told_to(updates)] == ["alice", "bob"]
        assert await published_by(double, world.react(bob, dialog, message, "👍")) == []

    async def test_typing_reaches_all_but_the_typist(
        self, double: Target, pair: tuple[str, str, str]
    ) -> None:
        act = double.call("POST", f"/api/dialogs/{pair[2]}/member/{pair[1]}/typing")
        (update,) = await published_by(double, act)
        assert told_to([update]) == [("alice", "update.dialog", "dialog.typing")]
        assert update.body["data"]["context"]["uiTarget"] == "messages.list"

    async def test_a_new_member_is_told_as_well_and_a_removed_one_still(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        carol = await world.user("carol")
        path = f"/api/dialogs/{pair[2]}/members"
        added = await published_by(double, double.call("POST", f"{path}/add", {"userId": carol}))
        removed = await published_by(double, double.call("POST", f"{path}/{carol}/remove"))
        for updates, event in ((added, "dialog.member.add"), (removed, "dialog.member.remove")):
            assert told_to(updates) == [
                ("alice", "update.dialog", event),
                ("bob", "update.dialog", event),
                ("carol", "update.dialog", event),
                ("carol", "update.user", event),
            ]
            for update in updates[:3]:
                assert update.body["data"]["member"]["userId"] == carol
        for again in (f"{path}/{carol}/remove", f"{path}/nobody/remove"):
            assert await published_by(double, double.call("POST", again)) == []

    async def test_reading_all_tells_the_reader_alone(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        await world.message(dialog, alice)
        act = double.call("POST", f"/api/users/{bob}/dialogs/{dialog}/markAllRead")
        updates = await published_by(double, act)
        assert told_to(updates) == [
            ("bob", "update.dialog", "dialog.member.changed"),
            ("bob", "update.user", "dialog.member.changed"),
            ("bob", "update.user", "dialog.messages.bulk_read"),
            ("bob", "update.dialog", "dialog.messages.bulk_read"),
        ]
        assert updates[3].body["data"]["member"]["state"] == {"unreadCount": 0}
        versions = [u.body["data"]["user"]["stats"]["statsVersion"] for u in updates[1:3]]
        assert versions[1] == versions[0] + 1

    async def test_a_new_dialog_tells_of_each_member_and_of_itself(
        self, double: Target, world: World
    ) -> None:
        alice, bob = await world.user("alice"), await world.user("bob")
        updates = await published_by(double, world.dialog(alice, bob))
        now = [source for _, _, source in told_to(updates)[:6]]
        assert now == ["dialog.member.add"] * 4 + ["dialog.create"] * 2
        assert told_to(updates)[6:] == [
            ("alice", "update.user", "dialog.member.add"),
            ("bob", "update.user", "dialog.member.add"),
        ]

    async def test_nothing_is_told_where_nothing_was_recorded(
        self, double: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, _, dialog = pair
        message = await world.message(dialog, alice, "same")
        meta = {"meta": {"a": 1, "b": 2}}
        for request in (
            ("PUT", f"/api/messages/{message}", {"content": "same"}),
            ("PUT", f"/api/meta/dialog/{dialog}", meta),
            ("PUT", f"/api/meta/user/{alice}", meta),
            ("DELETE", f"/api/meta/user/{alice}/a"),
            ("DELETE", f"/api/meta/dialog/{dialog}", {"keys": ["a"]}),
            ("PUT", f"/api/meta/user/{world.name('ghost')}/k", {"value": 1}),
            ("PUT", "/api/meta/system/x/k", {"value": 1}),
            ("DELETE", f"/api/dialogs/{dialog}"),
        ):
            replies = []

            async def act(request: Any = request, replies: Any = replies) -> None:
                replies.append(await double.call(*request))

            assert await published_by(double, act()) == [], request
            assert replies[0].status == 200

    @pytest.mark.parametrize(
        "case",
        [
            ("user/{alice}", "user.changed", "user.meta", ["alice"]),
            ("dialog/{dialog}", "dialog.changed", "dialog.meta", ["alice", "bob"]),
            ("message/{message}", "message.changed", "message.meta", ["alice", "bob"]),
            ("dialogMember/{dialog}:{alice}", "dialog.member.changed", "member.meta", ["alice"]),
        ],
    )
    async def test_one_key_of_meta_is_told(
        self,
        double: Target,
        world: World,
        pair: tuple[str, str, str],
        case: tuple[str, str, str, list[str]],
    ) -> None:
        entity, event, fields, recipients = case
        alice, _, dialog = pair
        message = await world.message(dialog, alice)
        where = entity.format(alice=alice, dialog=dialog, message=message)
        act = double.call("PUT", f"/api/meta/{where}/k", {"value": "v"})
        updates = await published_by(double, act)
        told = [u for u in updates if "stats" not in u.body["data"].get("user", {})]
        assert [who for who, _, _ in told_to(told)] == recipients
        assert {u.body["sourceEventType"] for u in updates} == {event}
        assert told[0].body["data"]["context"]["updatedFields"] == [fields]
        section = {"user": "user", "dialogMember": "member"}.get(entity.split("/", maxsplit=1)[0])
        section = section or entity.split("/", maxsplit=1)[0]
        assert told[0].body["data"][section]["meta"] == {"k": "v"}

    async def test_a_deleted_key_is_told_for_all_but_users(
        self, double: Target, pair: tuple[str, str, str]
    ) -> None:
        path = f"/api/meta/dialog/{pair[2]}/k"
        await double.call("PUT", path, {"value": 1})
        updates = await published_by(double, double.call("DELETE", path))
        assert told_to(updates) == [
            ("alice", "update.dialog", "dialog.changed"),
            ("bob", "update.dialog", "dialog.changed"),
        ]
        assert "meta" not in updates[0].body["data"]["dialog"]

    async def test_a_user_is_told_of_itself(self, double: Target, world: World) -> None:
        name = world.name("alice")
        path = f"/api/users/{name}"
        for request, event, fields in (
            (("POST", "/api/users", {"userId": name}), "user.add", []),
            (("PUT", path, {"type": "bot"}), "user.changed", ["user.type"]),
            (("PUT", path, {}), "user.changed", []),
            (("DELETE", path), "user.remove", []),
        ):
            (update,) = await published_by(double, double.call(*request))
            assert update.body["sourceEventType"] == event
            assert update.body["data"]["context"]["updatedFields"] == fields
        assert update.routing_key == key_of(double, f"update.user.bot.{name}.user")

    async def test_counters_of_a_mixed_case_member_split(
        self, double: Target, world: World
    ) -> None:
        alice, zoe = await world.user("alice"), world.name("Zoe")
        dialog = await world.dialog(alice)
        await double.call("POST", f"/api/dialogs/{dialog}/members/add", {"userId": zoe})
        updates = await published_by(double, world.message(dialog, alice))
        keys = [update.routing_key for update in updates]
        assert key_of(double, f"update.dialog.user.{zoe}.message") in keys
        assert key_of(double, f"update.user.user.{zoe.lower()}.user") in keys
        assert not any(key.endswith(f"{zoe.lower()}.dialog") for key in keys)


async def test_messages_come_in_order_and_before_their_counters(
    double: Target, world: World
) -> None:
    alice, bob = await world.user("alice"), await world.user("bob")
    dialog = await world.dialog(alice, bob)
    before = len(await settled(double))
    for number in range(20):
        await world.message(dialog, alice, str(number))
    updates = [u for u in (await settled(double))[before:] if u.body["userId"] == bob]
    texts = [
        u.body["data"]["message"]["content"]
        for u in updates
        if u.body["updateType"] == "update.message"
    ]
    assert texts == [str(number) for number in range(20)]
    counts = [
        u.body["data"]["dialog"]["stats"]["unreadCount"]
        for u in updates
        if u.body["updateType"] == "update.dialog"
    ]
    assert counts == list(range(1, 21))
    for kind in ("update.dialog", "update.user"):
        for u in updates:
            if u.body["updateType"] == kind:
                first = next(o for o in updates if o.body["eventId"] == u.body["eventId"])
                assert first.body["updateType"] == "update.message"
