"""Messages and what users do with them: the behaviour that the gateway rests on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from contract_story import load
from contract_world import World

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from contract_target import Target

TIME_TEXT = re.compile(r"\d{13}\.\d{6}")
NOT_A_MEMBER = {"error": "Forbidden", "message": "User is not a member of this dialog"}


@pytest.fixture
async def pair(world: World) -> tuple[str, str, str]:
    """Return Alice, Bob and their dialog."""
    alice, bob = await world.user("alice"), await world.user("bob")
    return alice, bob, await world.dialog(alice, bob)


class TestCreating:
    async def test_a_stranger_may_write(self, world: World, pair: tuple[str, str, str]) -> None:
        stranger = await world.user("stranger")
        reply = await world.post(pair[2], stranger)
        assert reply.status == 201
        assert reply.json["data"]["senderInfo"]["userId"] == stranger

    async def test_a_sender_need_not_exist(self, world: World, pair: tuple[str, str, str]) -> None:
        reply = await world.post(pair[2], world.name("nobody"))
        assert reply.status == 201
        assert "senderInfo" not in reply.json["data"]

    async def test_the_answer_is_the_message(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, _, dialog = pair
        data = (await world.post(dialog, alice, "  hi  ", meta={"k": "v"})).json["data"]
        assert data["content"] == "hi"
        assert data["meta"] == {"k": "v"}
        assert data["type"] == "internal.text"
        assert TIME_TEXT.fullmatch(data["createdAt"])
        assert not data.keys() & {"quotedMessage", "topicId", "topic"}

    async def test_the_server_chooses_id_and_time(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        chosen = {"messageId": "msg_bbbbbbbbbbbbbbbbbbbb", "createdAt": 1}
        data = (await world.post(pair[2], pair[0], **chosen)).json["data"]
        assert data["messageId"] != chosen["messageId"]
        assert data["createdAt"] > "1700000000000"

    async def test_the_meta_of_a_message_finds_it_again(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, _, dialog = pair
        await world.message(dialog, alice, "other", meta={"key": "0"})
        await world.message(dialog, alice, "wanted", meta={"key": "5e1f"})
        assert await world.messages(alice, dialog, filter='(meta.key,eq,"5e1f")') == ["wanted"]

    @pytest.mark.parametrize("content", ["", "   ", None])
    async def test_a_text_needs_text(
        self, world: World, pair: tuple[str, str, str], content: str | None
    ) -> None:
        body = {"senderId": pair[0], "content": content}
        if content is None:
            del body["content"]
        reply = await world.api.call("POST", f"/api/dialogs/{pair[2]}/messages", body)
        assert (reply.status, reply.json) == (400, load("message_create_nocontent")["response"])

    async def test_a_type_is_lowered(self, world: World, pair: tuple[str, str, str]) -> None:
        reply = await world.post(pair[2], pair[0], "", type="System.Notice")
        assert (reply.status, reply.json["data"]["type"]) == (201, "system.notice")

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("internal.location", 201),
            ("internal.contact", 201),
            ("internal.video", 400),
            ("system.notice", 201),
            ("user.a.b-c_d", 201),
            ("message.x", 201),
            ("internal.other", 400),
            ("system.", 400),
            ("System.notice", 201),
            ("user", 400),
        ],
    )
    async def test_a_type_is_one_of_a_few_or_follows_a_pattern(
        self, world: World, pair: tuple[str, str, str], kind: str, status: int
    ) -> None:
        assert (await world.post(pair[2], pair[0], "", type=kind)).status == status

    @pytest.mark.parametrize("kind", ["image", "file", "audio", "video", "sticker"])
    async def test_media_need_an_url(
        self, world: World, pair: tuple[str, str, str], kind: str
    ) -> None:
        kind = f"internal.{kind}"
        reply = await world.post(pair[2], pair[0], "", type=kind, meta={"x": 1})
        assert [detail["field"] for detail in reply.json["details"]] == ["meta.url"]
        with_url = await world.post(pair[2], pair[0], "", type=kind, meta={"url": "https://x/y"})
        assert with_url.status == 201

    async def test_a_long_text_is_echoed_whole(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        assert (await world.post(pair[2], pair[0], "y" * 10_000)).status == 201
        reply = await world.post(pair[2], pair[0], "y" * 10_001)
        assert reply.json["details"][0]["value"] == "y" * 10_001

    async def test_an_unknown_quote_is_left_out(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        quote = "msg_aaaaaaaaaaaaaaaaaaaa"
        reply = await world.post(pair[2], pair[0], quotedMessageId=quote)
        assert reply.status == 201
        assert "quotedMessage" not in reply.json["data"]

    async def test_a_quote_is_a_snapshot(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, _, dialog = pair
        first = await world.message(dialog, alice, "before")
        second = await world.message(dialog, alice, "re", quotedMessageId=first)
        await api.call("PUT", f"/api/messages/{first}", {"content": "after"})
        reply = await api.call("GET", World.path(alice, dialog, second))
        assert reply.json["data"]["quotedMessage"]["content"] == "before"
        assert reply.json["data"]["quotedMessage"]["senderInfo"]["meta"] == {}


class TestEditing:
    @pytest.mark.until(Capability.EDIT_VERSIONS)
    async def test_anybodys_text_can_be_changed(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        message = await world.message(pair[2], pair[0], "one", meta={"k": 1})
        reply = await api.call("PUT", f"/api/messages/{message}", {"content": " two "})
        data = reply.json["data"]
        assert (reply.status, data["content"]) == (200, "two")
        assert data["meta"].keys() == {"k", "editedAt"}
        assert isinstance(data["meta"]["editedAt"], int | float)

    async def test_the_same_text_changes_nothing(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        message = await world.message(pair[2], pair[0], "one")
        reply = await api.call("PUT", f"/api/messages/{message}", {"content": "one"})
        assert reply.json["message"] == "Message content is unchanged"
        assert reply.json["data"]["meta"] == {}

    async def test_a_message_cannot_be_deleted(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        message = await world.message(pair[2], pair[0])
        assert (await api.call("DELETE", f"/api/messages/{message}")).status == 404
        assert await world.messages(pair[0], pair[2]) == ["hi"]


class TestReading:
    async def test_a_user_sees_its_own_view(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        message = await world.message(dialog, alice)
        await world.react(bob, dialog, message, "👍")
        views = {}
        for user in (alice, bob):
            reply = await api.call("GET", World.path(user, dialog, message))
            views[user] = reply.json["data"]
        assert views[alice]["context"]["isMine"]
        assert not views[bob]["context"]["isMine"]
        assert views[alice]["reactionSet"] == [{"reaction": "👍", "count": 1, "me": False}]
        assert views[bob]["reactionSet"] == [{"reaction": "👍", "count": 1, "me": True}]
        plain = (await api.call("GET", f"/api/messages/{message}")).json["data"]
        assert "context" not in plain
        assert plain["reactionSet"] == views[alice]["reactionSet"]

    async def test_a_stranger_and_an_unknown_dialog_are_forbidden(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        stranger = await world.user("stranger")
        for user, dialog in (
            (stranger, pair[2]),
            (pair[0].upper(), pair[2]),
            (pair[0], "dlg_aaaaaaaaaaaaaaaaaaaa"),
        ):
            reply = await api.call("GET", World.path(user, dialog))
            assert (reply.status, reply.json) == (403, NOT_A_MEMBER)

    async def test_membership_is_judged_before_the_message(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        unknown = "msg_aaaaaaaaaaaaaaaaaaaa"
        stranger = await world.user("stranger")
        path = World.path(stranger, pair[2], unknown)
        for method, where in (
            ("GET", path),
            ("GET", path + "/statuses"),
            ("GET", path + "/reactions"),
            ("POST", path + "/status/read"),
        ):
            assert (await api.call(method, where)).status == 403
            inside = where.replace(stranger, pair[0])
            assert (await api.call(method, inside)).status == 404


class TestStatuses:
    async def test_the_last_one_wins_and_all_are_kept(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        message = await world.message(dialog, alice)
        for status in ("read", "delivered", "SEEN", "read", "unread"):
            reply = await world.status(bob, dialog, message, status)
            assert reply.json["data"]["status"] == status.lower()
        history = await api.call("GET", World.path(alice, dialog, message) + "/statuses")
        statuses = [row["status"] for row in history.json["data"]]
        assert statuses == ["unread", "read", "seen", "delivered", "read", "unread"]
        assert all(isinstance(row["createdAt"], int | float) for row in history.json["data"])
        view = await api.call("GET", World.path(alice, dialog, message))
        matrix = [{"count": 1, "userType": "user", "status": "unread"}]
        assert view.json["data"]["statusMessageMatrix"] == matrix

    async def test_the_matrix_counts_the_others_by_type(self, api: Target, world: World) -> None:
        alice, bob = await world.user("alice"), await world.user("bob")
        carol = await world.user("carol", type="contact")
        dialog = await world.dialog(alice, bob, carol)
        message = await world.message(dialog, alice)
        await world.status(alice, dialog, message, "read")
        await world.status(bob, dialog, message, "read")
        view = await api.call("GET", f"/api/messages/{message}")
        assert view.json["data"]["statusMessageMatrix"] == [
            {"count": 1, "userType": "contact", "status": "unread"},
            {"count": 1, "userType": "user", "status": "read"},
        ]

    async def test_a_system_message_has_none(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        message = await world.message(pair[2], pair[0], "joined", type="system.notice")
        view = await world.api.call("GET", f"/api/messages/{message}")
        assert view.json["data"]["statusMessageMatrix"] == []

    async def test_a_status_cannot_be_put(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        message = await world.message(pair[2], pair[0])
        reply = await api.call("PUT", World.path(pair[1], pair[2], message) + "/status/read")
        assert (reply.status, reply.json) == (404, None)

    @pytest.mark.parametrize("status", ["a" * 65, "re%20ad", "x!", "прочитано"])
    async def test_a_malformed_status_is_refused(
        self, world: World, pair: tuple[str, str, str], status: str
    ) -> None:
        message = await world.message(pair[2], pair[0])
        reply = await world.status(pair[1], pair[2], message, status)
        assert (reply.status, reply.json["field"]) == (400, "status")


class TestReactions:
    async def test_setting_twice_answers_in_another_shape(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        message = await world.message(pair[2], pair[0])
        first = await world.react(pair[1], pair[2], message, "👍")
        again = await world.react(pair[1], pair[2], message, "👍")
        assert (first.status, again.status) == (201, 200)
        assert first.json["data"]["reaction"] == again.json["data"]
        assert again.json["message"] == "Reaction already exists"

    async def test_unsetting_what_is_not_set_is_not_found(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        message = await world.message(pair[2], pair[0])
        await world.react(pair[1], pair[2], message, "👍")
        unset = await world.react(pair[1], pair[2], message, "👍", "unset")
        again = await world.react(pair[1], pair[2], message, "👍", "unset")
        assert (unset.status, unset.json["data"]) == (200, {})
        assert (again.status, again.json["message"]) == (404, "Reaction not found")

    async def test_the_list_shows_the_user_of_the_url_alone(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        message = await world.message(dialog, alice)
        for reaction in ("👍", "🔥"):
            await world.react(bob, dialog, message, reaction)

        async def listed(user: str, query: str = "") -> list[str]:
            path = World.path(user, dialog, message) + "/reactions" + query
            reply = await api.call("GET", path)
            return [reaction["reaction"] for reaction in reply.json["data"]["reactions"]]

        assert await listed(bob) == ["🔥", "👍"]
        assert await listed(alice) == []
        assert await listed(alice, f"?userId={bob}") == []


class TestCounters:
    async def test_a_message_counts_for_all_but_the_sender(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        for text in ("one", "two"):
            await world.message(dialog, alice, text)
        await world.message(dialog, alice, "three", type="system.notice")
        await world.eventually(lambda: world.unread(bob), 2)
        assert await world.unread(alice) == 0

    @pytest.mark.until(Capability.UNREAD_WATERMARK)
    async def test_only_the_first_read_of_a_message_counts(
        self, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        first = await world.message(dialog, alice, "one")
        await world.message(dialog, alice, "two")
        await world.eventually(lambda: world.unread(bob), 2)
        for status in ("delivered", "read", "delivered", "read"):
            await world.status(bob, dialog, first, status)
        await world.eventually(lambda: world.unread(bob), 1)

    @pytest.mark.until(Capability.QUEUED_READING)
    async def test_reading_all_counts_every_message_of_others(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        for text in ("one", "two"):
            await world.message(dialog, alice, text)
        await world.message(dialog, bob, "mine")
        await world.eventually(lambda: world.unread(bob), 2)
        path = f"/api/users/{bob}/dialogs/{dialog}/markAllRead"
        for _ in range(2):
            data = (await api.call("POST", path)).json["data"]
            assert (data["unreadCount"], data["processedMessageCount"]) == (0, 2)
        await world.eventually(lambda: world.unread(bob), 0)
        (message, *_) = (await api.call("GET", World.path(alice, dialog))).json["data"][1:]
        assert message["statusMessageMatrix"][0]["status"] == "read"

    async def test_unread_can_only_be_set_to_zero(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        alice, bob, dialog = pair
        for text in ("one", "two"):
            await world.message(dialog, alice, text)
        await world.eventually(lambda: world.unread(bob), 2)
        path = f"/api/dialogs/{dialog}/members/{bob}/unread"
        assert (await api.call("PATCH", path, {"unreadCount": 3})).status == 400
        for asked, answered in ((1, 2), (0, 0)):
            reply = await api.call("PATCH", path, {"unreadCount": asked})
            assert (reply.status, reply.json["data"]["unreadCount"]) == (200, answered)

    async def test_a_users_totals_are_told_by_sender_type(self, api: Target, world: World) -> None:
        alice = await world.user("alice")
        bot, odd = await world.user("bot", type="bot"), await world.user("odd", type="robot")
        dialog = await world.dialog(alice, bot, odd)
        for sender in (bot, bot, odd):
            await world.post(dialog, sender, content=world.name("hi"))
            await world.post(dialog, sender, content=world.name("hi2"))

        async def stats(user: str) -> dict[str, Any]:
            reply = await api.call("GET", f"/api/users/{user}")
            return dict(reply.json["data"]["stats"])

        async def counted() -> tuple[Any, ...]:
            now, sent = await stats(alice), await stats(bot)
            names = ("totalUnreadCount", "dialogCount", "unreadDialogsCount")
            return *(now[name] for name in names), sent["totalMessagesCount"]

        await world.eventually(counted, (6, 1, 1, 4))
        rows = (await stats(alice))["unreadBySenderType"]
        by_type = {row["fromType"]: row["countUnread"] for row in rows}
        assert by_type["bot"] == 4

    async def test_counters_of_a_mixed_case_member_split(self, api: Target, world: World) -> None:
        alice, zoe = await world.user("alice"), world.name("Zoe")
        dialog = await world.dialog(alice)
        await api.call("POST", f"/api/dialogs/{dialog}/members/add", {"userId": zoe})
        message = await world.message(dialog, alice)
        assert await world.unread(zoe) == 0
        view = await api.call("GET", f"/api/messages/{message}")
        assert view.json["data"]["statusMessageMatrix"] == [{"count": 1, "status": "unread"}]
        user = await api.call("GET", f"/api/users/{zoe}")
        assert user.json["data"]["userId"] == zoe.lower()


class TestTyping:
    async def test_a_stranger_is_not_found(
        self, api: Target, world: World, pair: tuple[str, str, str]
    ) -> None:
        stranger = await world.user("stranger")
        reply = await api.call("POST", f"/api/dialogs/{pair[2]}/member/{stranger}/typing")
        assert (reply.status, reply.json) == (404, load("typing_notmember")["response"])

    async def test_a_member_is_accepted(self, api: Target, pair: tuple[str, str, str]) -> None:
        reply = await api.call("POST", f"/api/dialogs/{pair[2]}/member/{pair[0]}/typing", {"x": 1})
        assert reply.status == 202
        assert reply.json["data"]["expiresInMs"] == 5000


class TestMeta:
    async def test_what_answers_leave_out_and_rewrite(self, api: Target, world: World) -> None:
        meta = {
            "id": "x",
            "__v": 1,
            "name": "kept",
            "createdAt": 5,
            "expiresAt": "77",
            "readAt": "later",
            "joinedAt": True,
            "o": {"_id": 1, "n": None, "l": [None, {"id": 1}], "lastSeenAt": {"id": 1}},
        }
        dialog = await world.dialog(meta=meta)
        reply = await api.call("GET", f"/api/dialogs/{dialog}")
        assert reply.json["data"]["meta"] == {
            "createdAt": "5.000000",
            "expiresAt": "77.000000",
            "joinedAt": True,
            "name": "kept",
            "o": {"l": [None, {}], "lastSeenAt": {}},
            "readAt": "later",
        }

    async def test_meta_of_a_topic_and_of_nobody(self, api: Target, world: World) -> None:
        dialog = await world.dialog(meta={})
        created = await api.call("POST", f"/api/dialogs/{dialog}/topics", {"meta": {"a": 1}})
        topic = created.json["data"]["topicId"]
        for entity, status in (
            (f"topic/{topic}", 200),
            (f"user/{world.name('nobody')}", 200),
            ("system/anything", 200),
            ("topic/topic_aaaaaaaaaaaaaaaaaaaa", 404),
            ("pack/pck_aaaaaaaaaaaaaaaaaaaa", 404),
            ("message/msg_aaaaaaaaaaaaaaaaaaaa", 404),
            ("tenant/tnt_zzz", 200),
            (f"tenant/{api.tenant}", 200),
            (f"dialogMember/{dialog}:nobody", 404),
        ):
            reply = await api.call("GET", f"/api/meta/{entity}")
            assert reply.status == status, entity

    async def test_keys_are_deleted_one_by_one_or_in_bulk(self, api: Target, world: World) -> None:
        path = f"/api/meta/dialog/{await world.dialog(meta={'a': 1, 'b': 2, 'c': 3})}"
        assert (await api.call("DELETE", f"{path}/a")).status == 200
        assert (await api.call("DELETE", f"{path}/a")).status == 404
        reply = await api.call("DELETE", path, {"keys": ["b", "nokey"]})
        assert reply.json["data"] == {"c": 3}
        assert (await api.call("DELETE", path, {"keys": []})).status == 400
        assert (await api.call("DELETE", path, {"keys": "b"})).status == 400

    async def test_a_member_added_with_a_type_gets_that_type(
        self, api: Target, world: World
    ) -> None:
        user = await world.user("carol")
        body = {"members": [{"userId": user, "type": "contact"}]}
        created = await api.call("POST", "/api/dialogs", body)
        assert (await api.call("GET", f"/api/users/{user}")).json["data"]["type"] == "contact"
        path = f"/api/dialogs/{created.json['data']['dialogId']}/members/add"
        await api.call("POST", path, {"userId": user, "type": "bot"})
        assert (await api.call("GET", f"/api/users/{user}")).json["data"]["type"] == "contact"
