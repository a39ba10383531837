"""Topics: one and all of them, a user's view, and the topic of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_world import World

if TYPE_CHECKING:
    from contract_target import Reply, Target

pytestmark = pytest.mark.read("topics: the controllers' code (0.0.80, again in 0.0.85)")
UNKNOWN = "topic_aaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
async def talk(world: World) -> tuple[str, str, str]:
    """Return Alice, Bob and their dialog."""
    alice, bob = await world.user("alice"), await world.user("bob")
    return alice, bob, await world.dialog(alice, bob, meta={"title": "T"})


async def topic_of(api: Target, dialog: str, **meta: Any) -> str:
    reply = await api.call("POST", f"/api/dialogs/{dialog}/topics", {"meta": meta})
    assert reply.status == 201, reply
    return str(reply.json["data"]["topicId"])


async def put_into(api: Target, message: str, topic: str | None) -> Reply:
    return await api.call("PATCH", f"/api/messages/{message}/topic", {"topicId": topic})


async def test_a_topic_is_read_with_its_dialog(api: Target, talk: tuple[str, str, str]) -> None:
    dialog = talk[2]
    topic = await topic_of(api, dialog, name="x")
    data = (await api.call("GET", f"/api/dialogs/{dialog}/topics/{topic}")).json["data"]
    assert (data["topicId"], data["dialogId"], data["meta"]) == (topic, dialog, {"name": "x"})
    assert data["dialog"]["dialogId"] == dialog
    assert data["dialog"]["meta"] == {"title": "T"}


async def test_a_change_merges_meta(api: Target, talk: tuple[str, str, str]) -> None:
    dialog = talk[2]
    topic = await topic_of(api, dialog, a=1, b=2)
    path = f"/api/dialogs/{dialog}/topics/{topic}"
    reply = await api.call("PATCH", path, {"meta": {"b": 3}})
    assert (reply.status, reply.json["message"]) == (200, "Topic updated successfully")
    assert reply.json["data"]["meta"] == {"a": 1, "b": 3}
    assert (await api.call("PATCH", path, {})).status == 200
    assert (await api.call("PATCH", path, {"meta": {"a": None}})).status == 400


async def test_what_is_not_there_is_not_found(api: Target, talk: tuple[str, str, str]) -> None:
    dialog = talk[2]
    for method in ("GET", "PATCH"):
        reply = await api.call(method, f"/api/dialogs/{dialog}/topics/{UNKNOWN}", {})
        assert (reply.status, reply.json["error"]) == (404, "ERROR_NO_TOPIC")
    malformed = await api.call("GET", f"/api/dialogs/{dialog}/topics/x")
    assert malformed.status == 400
    assert malformed.json["message"].startswith("Invalid topic ID format. Expected format: topic_[")
    assert (malformed.json["field"], malformed.json["received"]) == ("topicId", "x")


async def test_a_dialogs_list_is_oldest_first_and_knows_no_filter(
    api: Target, talk: tuple[str, str, str]
) -> None:
    topics = [await topic_of(api, talk[2], n=number) for number in range(3)]
    path = f"/api/dialogs/{talk[2]}/topics"
    for query in ("", "?filter=(meta.n,eq,1)", "?sort=(createdAt,desc)"):
        reply = await api.call("GET", path + query)
        assert [topic["topicId"] for topic in reply.json["data"]] == topics
    assert (await api.call("GET", path + "?limit=101")).status == 400


async def test_the_list_of_all_is_newest_first_and_filters(
    api: Target, world: World, talk: tuple[str, str, str]
) -> None:
    mark = world.name("mark")
    topics = [await topic_of(api, talk[2], mark=mark, n=number) for number in range(2)]
    reply = await api.call("GET", f"/api/topics?filter=(meta.mark,eq,{mark})")
    assert [topic["topicId"] for topic in reply.json["data"]] == topics[::-1]
    one = await api.call("GET", f"/api/topics?filter=(topicId,eq,{topics[0]})")
    assert [topic["topicId"] for topic in one.json["data"]] == topics[:1]
    none = await api.call("GET", "/api/topics?filter=(meta.mark,eq,nothing_at_all)")
    assert (none.json["data"], none.json["pagination"]["pages"]) == ([], 1)
    assert isinstance(none.json["hint"], str)


async def test_a_user_sees_what_is_unread_in_a_topic(
    api: Target, world: World, talk: tuple[str, str, str]
) -> None:
    alice, bob, dialog = talk
    topic, empty = await topic_of(api, dialog, n=1), await topic_of(api, dialog, n=2)
    await world.message(dialog, alice, "one", topicId=topic)
    await world.message(dialog, alice, "two", topicId=topic)

    async def unread(user: str) -> list[tuple[str, int]]:
        reply = await api.call("GET", f"/api/users/{user}/dialogs/{dialog}/topics")
        return [(row["topicId"], row["unreadCount"]) for row in reply.json["data"]]

    await world.eventually(lambda: unread(bob), [(topic, 2), (empty, 0)])
    assert await unread(alice) == [(topic, 0), (empty, 0)]
    stranger = await world.user("stranger")
    path = "/api/users/{}/dialogs/{}/topics"
    assert (await api.call("GET", path.format(stranger, dialog))).status == 403
    assert (await api.call("GET", path.format(alice, "dlg_aaaaaaaaaaaaaaaaaaaa"))).status == 404


async def test_a_message_is_put_into_one_topic_at_a_time(
    api: Target, world: World, talk: tuple[str, str, str]
) -> None:
    alice, _, dialog = talk
    topic, other = await topic_of(api, dialog, n=1), await topic_of(api, dialog, n=2)
    elsewhere = await topic_of(api, await world.dialog(alice), n=3)
    message = await world.message(dialog, alice)
    for wrong, status, code in (
        (None, 400, "ERROR_TOPIC_CLEAR_NOT_ALLOWED"),
        (elsewhere, 404, "ERROR_TOPIC_NOT_FOUND"),
        (UNKNOWN, 404, "ERROR_TOPIC_NOT_FOUND"),
    ):
        reply = await put_into(api, message, wrong)
        assert (reply.status, reply.json["code"]) == (status, code)
        assert reply.json.keys() == {"error", "message", "code"}
    done = await put_into(api, message, topic)
    assert (done.status, done.json["message"]) == (200, "Message topic updated successfully")
    assert (done.json["data"]["topicId"], done.json["data"]["topic"]["topicId"]) == (topic, topic)
    moved = await put_into(api, message, other)
    assert (moved.status, moved.json["code"]) == (400, "ERROR_TOPIC_CHANGE_NOT_ALLOWED")
    view = (await api.call("GET", World.path(alice, dialog, message))).json["data"]
    assert view["topicId"] == topic
    cleared = await put_into(api, message, "")
    assert cleared.json["data"]["topicId"] is None
    assert cleared.json["data"]["topic"] is None
    assert (await api.call("PATCH", f"/api/messages/{message}/topic", {})).status == 400
    assert (await put_into(api, message, "x")).status == 400


async def test_a_value_may_be_wrapped_and_a_bad_key_leaves_a_topic_behind(
    api: Target, talk: tuple[str, str, str]
) -> None:
    path = f"/api/dialogs/{talk[2]}/topics"
    meta = {
        "plain": 1,
        "wrapped": {"value": 2, "dataType": "number"},
        "other": {"value": 1, "b": 2},
    }
    created = await api.call("POST", path, {"meta": meta})
    assert created.json["data"]["meta"] == {**meta, "wrapped": 2}
    failed = await api.call("POST", path, {"meta": {"a.b": 1}})
    assert (failed.status, failed.json["error"]) == (500, "Internal Server Error")
    assert failed.json["message"].startswith("Failed to create topic: ")
    assert (await api.call("GET", path)).json["pagination"]["total"] == 2
