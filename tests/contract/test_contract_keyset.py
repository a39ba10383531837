"""What idempotent creations and stable history rest on: keys in meta, and places in time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from contract_world import World

if TYPE_CHECKING:
    from contract_target import Target

# As the gateway's own: hexadecimal, so that only the quotes make it a text.
KEYS = ("1" * 32, "2" * 32)
LISTS = ("of a user's dialog", "of a dialog", "of all")


def listed(where: str, alice: str, dialog: str) -> tuple[str, str]:
    """Return the path of a list of messages, and the condition that limits it to the dialog."""
    return {
        "of a user's dialog": (World.path(alice, dialog), ""),
        "of a dialog": (f"/api/dialogs/{dialog}/messages", ""),
        "of all": ("/api/messages", f"(dialogId,eq,{dialog})&"),
    }[where]


@pytest.fixture
async def history(world: World) -> tuple[str, str]:
    """Return Alice and her dialog of seven messages."""
    alice = await world.user("alice")
    dialog = await world.dialog(alice)
    for number in range(7):
        await world.message(dialog, alice, str(number), meta={"chat3_key": f"{number}" * 32})
    return alice, dialog


async def page(api: Target, path: str, **query: str) -> list[dict[str, Any]]:
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    reply = await api.call("GET", f"{path}?{text}")
    assert reply.status == 200, reply
    return list(reply.json["data"])


@pytest.mark.parametrize("where", LISTS)
@pytest.mark.parametrize(("direction", "operator"), [("desc", "lt"), ("asc", "gt")])
async def test_history_is_walked_by_time_without_doubles_and_holes(
    api: Target, world: World, history: tuple[str, str], where: str, direction: str, operator: str
) -> None:
    alice, dialog = history
    path, within = listed(where, alice, dialog)
    after, texts = "", []
    while True:
        query = {"filter": f"{within}{after}".strip("&")} if within or after else {}
        found = await page(api, path, limit="2", sort=f"(createdAt,{direction})", **query)
        texts += [message["content"] for message in found]
        if len(found) < 2:
            break
        after = f"(createdAt,{operator},{found[-1]['createdAt']})"
        # What comes meanwhile does not move the pages.
        if direction == "desc":
            await world.message(dialog, alice, "meanwhile" + str(len(texts)))
    assert texts == [
        str(number) for number in (range(7) if direction == "asc" else range(6, -1, -1))
    ]


@pytest.mark.parametrize("where", LISTS)
async def test_a_place_in_time_is_exact_to_the_fraction(
    api: Target, history: tuple[str, str], where: str
) -> None:
    alice, dialog = history
    path, within = listed(where, alice, dialog)
    oldest_first = await page(
        api, path, sort="(createdAt,asc)", filter=f"{within}(createdAt,gt,0)", limit="100"
    )
    third = oldest_first[3]["createdAt"]
    assert len(third.partition(".")[2]) == 6
    for operator, expected in (("lt", "012"), ("lte", "0123"), ("gt", "456"), ("gte", "3456")):
        condition = f"{within}(createdAt,{operator},{third})"
        found = await page(api, path, sort="(createdAt,asc)", filter=condition)
        assert "".join(message["content"] for message in found) == expected
    reply = await api.call("GET", f"{path}?filter={quote(condition, safe='')}&limit=1")
    assert reply.json["pagination"]["total"] == 4


@pytest.mark.parametrize("where", LISTS)
async def test_a_message_is_found_by_the_key_in_its_meta(
    api: Target, history: tuple[str, str], where: str
) -> None:
    path, within = listed(where, *history)
    for key, expected in ((KEYS[0], ["1"]), ("a" * 32, [])):
        found = await page(api, path, filter=f'{within}(meta.chat3_key,eq,"{key}")')
        assert [message["content"] for message in found] == expected
    # Without quotes the digits are a number, which no text equals.
    assert await page(api, path, filter=f"{within}(meta.chat3_key,eq,{KEYS[0]})") == []


async def test_a_dialog_is_found_by_the_key_in_its_meta(api: Target, world: World) -> None:
    alice, key = await world.user("alice"), world.name("key")
    made = await world.dialog(alice, meta={"title": "T", "chat3_key": key})
    await world.dialog(alice, meta={"chat3_key": key + "x"})
    for path in ("/api/dialogs", f"/api/users/{alice}/dialogs"):
        found = await page(api, path, filter=f'(meta.chat3_key,eq,"{key}")')
        assert [dialog["dialogId"] for dialog in found] == [made]
        assert await page(api, path, filter=f'(meta.chat3_key,eq,"{key}y")') == []
        other = f'(meta.chat3_key,eq,"{key}")&(member,eq,{world.name("nobody")})'
        assert await page(api, path, filter=other) == []


@pytest.mark.read("topics: the controllers' code (0.0.80, again in 0.0.85)")
async def test_a_topic_is_found_by_the_key_in_its_meta(api: Target, world: World) -> None:
    key = world.name("key")
    dialogs = [await world.dialog(meta={"n": number}) for number in range(2)]
    topics = []
    for dialog in dialogs:
        body = {"meta": {"chat3_key": key, "in": dialog}}
        reply = await api.call("POST", f"/api/dialogs/{dialog}/topics", body)
        topics.append(reply.json["data"]["topicId"])
    by_key = f'(meta.chat3_key,eq,"{key}")'
    found = await page(api, "/api/topics", filter=by_key)
    assert [topic["topicId"] for topic in found] == topics[::-1]
    for dialog, topic in zip(dialogs, topics, strict=True):
        (one,) = await page(api, "/api/topics", filter=f"(dialogId,eq,{dialog})&{by_key}")
        assert (one["topicId"], one["dialogId"]) == (topic, dialog)
    assert (
        await page(api, "/api/topics", filter=f'(dialogId,eq,{dialogs[0]})&(meta.in,eq,"x")') == []
    )


@pytest.mark.read("lists of a dialog's and of all messages: one builder of queries (0.0.80)")
async def test_a_tenants_messages_are_found_by_what_the_service_asks(
    api: Target, world: World
) -> None:
    alice, bob = await world.user("alice"), await world.user("bob")
    dialog, other = await world.dialog(alice, bob, meta={}), await world.dialog(bob, meta={})
    texts = ["one", "two", "three", "four"]
    for number, text in enumerate(texts, start=1):
        await world.message(dialog, alice if number % 2 else bob, text, meta={"n": number})
    await world.message(other, bob, "other", meta={"n": 2})

    async def found(text: str, sort: str = "(createdAt,asc)") -> list[str]:
        """Return what a dialog's list has, and that of all messages of the dialog."""
        rows = await page(api, f"/api/dialogs/{dialog}/messages", filter=text, sort=sort)
        contents = [row["content"] for row in rows]
        branches = [branch.strip("()") for branch in text.split("|")]
        within = "|".join(f"((dialogId,eq,{dialog})&({branch}))" for branch in branches)
        if len(branches) == 1:
            within = within[1:-1]
        rows = await page(api, "/api/messages", filter=within, sort=sort)
        assert [row["content"] for row in rows] == contents
        return contents

    assert await found("(createdAt,gte,2020-01-01)") == texts
    assert await found("(createdAt,gte,2020-01-01)", "(createdAt,desc)") == texts[::-1]
    assert await found("(createdAt,lte,2020-01-01)") == []
    assert await found("(content,regex,^T)") == ["two", "three"]
    assert await found(f"(senderId,eq,{bob})&(meta.n,eq,2)") == ["two"]
    assert await found("((content,eq,two)&(deleted,ne,true))|(meta.n,in,[4])") == ["two", "four"]
    both = f"(dialogId,in,[{dialog},{other}])&(content,in,[two,other])"
    rows = await page(api, "/api/messages", filter=both, sort="(createdAt,asc)")
    assert [row["content"] for row in rows] == ["two", "other"]


@pytest.mark.read("lists of dialogs: the controller's code (0.0.80, again in 0.0.85)")
async def test_dialogs_are_sorted_by_time_or_by_one_member(api: Target, world: World) -> None:
    alice, bob, mark = await world.user("alice"), await world.user("bob"), world.name("mark")
    first = await world.dialog(alice, bob, meta={"mark": mark, "n": 1})
    second = await world.dialog(alice, bob, meta={"mark": mark, "n": 2})
    strange = await world.dialog(bob, meta={"mark": mark, "n": 3})
    await world.message(first, bob)

    async def unread() -> list[int]:
        return sorted(d["context"]["unreadCount"] for d in await world.dialogs(alice))

    await world.eventually(unread, [0, 1])

    async def sorted_by(sort: str) -> list[str]:
        found = await page(api, "/api/dialogs", filter=f"(meta.mark,eq,{mark})", sort=sort)
        return [dialog["dialogId"] for dialog in found]

    assert await sorted_by("(createdAt,desc)") == [strange, second, first]
    assert await sorted_by("createdAt") == [first, second, strange]
    assert await sorted_by(f"(member[{alice}].unreadCount,desc)") == [first, second]
    assert await sorted_by(f"(member[{alice}].unreadCount,asc)") == [second, first]
