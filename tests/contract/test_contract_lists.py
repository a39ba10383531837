"""Lists: pages, filters, sorting, and the traps in them that the gateway has to close."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_target import NO_SECOND_TENANT
from contract_world import World

if TYPE_CHECKING:
    from contract_target import Reply, Target


@pytest.fixture
async def talk(world: World) -> tuple[str, str, str]:
    """Return Alice, Bob and their dialog with the messages one to four."""
    alice, bob = await world.user("alice"), await world.user("bob")
    dialog = await world.dialog(alice, bob, meta={"title": "Talk", "n": 1})
    for number, text in enumerate(("one", "two", "three", "four"), start=1):
        sender = alice if number % 2 else bob
        await world.message(dialog, sender, text, meta={"n": number, "code": str(number)})
    return alice, bob, dialog


async def raw(api: Target, path: str, query: str) -> Reply:
    return await api.call("GET", f"{path}?{query}")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"page": 1, "limit": 50, "total": 4, "pages": 1}),
        ("limit=0", {"page": 1, "limit": 50, "total": 4, "pages": 1}),
        ("limit=abc&page=0", {"page": 1, "limit": 50, "total": 4, "pages": 1}),
        ("limit=1000", {"page": 1, "limit": 1000, "total": 4, "pages": 1}),
        ("limit=-2", {"page": 1, "limit": -2, "total": 4, "pages": -2}),
        ("limit=3&page=2", {"page": 2, "limit": 3, "total": 4, "pages": 2}),
        ("limit=3&page=9", {"page": 9, "limit": 3, "total": 4, "pages": 2}),
        ("limit=2x", {"page": 1, "limit": 2, "total": 4, "pages": 2}),
    ],
)
async def test_a_users_messages_take_any_page_size(
    api: Target, talk: tuple[str, str, str], query: str, expected: dict[str, int]
) -> None:
    alice, _, dialog = talk
    reply = await raw(api, World.path(alice, dialog), query)
    assert reply.json["pagination"] == expected
    rest = max(0, 4 - (expected["page"] - 1) * abs(expected["limit"]))
    assert len(reply.json["data"]) == min(abs(expected["limit"]), rest)


@pytest.mark.parametrize("where", ["user dialogs", "dialogs", "members", "messages", "all"])
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("limit=0", '"limit" must be greater than or equal to 1'),
        ("limit=101", '"limit" must be less than or equal to 100'),
        ("limit=abc", '"limit" must be a number'),
        ("limit=1.5", '"limit" must be an integer'),
        ("page=0", '"page" must be greater than or equal to 1'),
    ],
)
async def test_the_other_lists_refuse_pages_out_of_range(
    api: Target, talk: tuple[str, str, str], where: str, query: str, text: str
) -> None:
    alice, _, dialog = talk
    path = {
        "user dialogs": f"/api/users/{alice}/dialogs",
        "dialogs": "/api/dialogs",
        "members": f"/api/dialogs/{dialog}/members",
        "messages": f"/api/dialogs/{dialog}/messages",
        "all": "/api/messages",
    }[where]
    reply = await raw(api, path, query)
    assert reply.status == 400
    assert [detail["message"] for detail in reply.json["details"]] == [text]
    assert (await raw(api, path, "limit=100")).json["pagination"]["limit"] == 100
    assert (await raw(api, path, "")).json["pagination"]["limit"] == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(content,eq,two)", ["two"]),
        ('(content,eq,"two")', ["two"]),
        ("(content,ne,two)", ["four", "three", "one"]),
        ("(content,in,[one,two])", ["two", "one"]),
        ("(content,nin,[one,two])", ["four", "three"]),
        ("(content,regex,^T)", ["three", "two"]),
        ("(meta.n,gte,3)", ["four", "three"]),
        ("(meta.n,eq,3)", ["three"]),
        ("(meta.n,eq,3.0)", ["three"]),
        ('(meta.n,eq,"3")', []),
        ("(meta.code,eq,3)", []),
        ('(meta.code,eq,"3")', ["three"]),
        ('(meta.code,in,["1","2"])', ["two", "one"]),
        ("(meta.n,ne,3)", ["four", "two", "one"]),
        ("(meta.other,ne,3)", []),
        ("(meta.other,exists,false)", []),
        ("(meta.n,exists,true)", ["four", "three", "two", "one"]),
        ("(foo,eq,1)", []),
        ("(foo,ne,1)", ["four", "three", "two", "one"]),
        ("(foo,exists,false)", ["four", "three", "two", "one"]),
        ("(type,eq,internal.text)", ["four", "three", "two", "one"]),
        ("(createdAt,gt,2020-01-01)", ["four", "three", "two", "one"]),
        ("(createdAt,lt,2020-01-01T00:00:00Z)", []),
        ("((content,eq,two)", []),
        ("(content,eq,two)|(meta.n,eq,4)", ["four", "two"]),
        ("((content,eq,two)|(meta.n,eq,4))&(meta.n,gt,2)", ["four"]),
        ("((content,eq,two)&(meta.n,eq,2))|(meta.n,eq,1)", ["two", "one"]),
        ("(meta.n,all,[3])", ["three"]),
        ("(meta.n,in,[])", []),
        ('{"content":"two"}', ["two"]),
        ('{"meta":{"n":{"$gt":3}}}', ["four"]),
        ('{"$or":[{"content":"one"},{"content":"two"}]}', ["two", "one"]),
        ('{"$and":[{"content":"one"},{"meta.n":1}]}', ["one"]),
        ('{"content":null}', []),
    ],
)
async def test_a_filter_selects(
    world: World, talk: tuple[str, str, str], text: str, expected: list[str]
) -> None:
    alice, _, dialog = talk
    assert await world.messages(alice, dialog, filter=text) == expected


@pytest.mark.parametrize("text", ["nonsense", "(content,eq)", "()", "(", ")"])
async def test_text_that_is_no_filter_is_ignored(
    world: World, talk: tuple[str, str, str], text: str
) -> None:
    alice, _, dialog = talk
    assert await world.messages(alice, dialog, filter=text) == ["four", "three", "two", "one"]


async def test_of_two_conditions_on_one_field_the_last_wins(
    world: World, talk: tuple[str, str, str]
) -> None:
    alice, _, dialog = talk
    both = "(meta.n,gte,3)&(meta.n,lte,3)"
    assert await world.messages(alice, dialog, filter=both) == ["three", "two", "one"]


async def test_a_value_ends_at_the_first_closing_parenthesis(world: World) -> None:
    alice = await world.user("alice")
    dialog = await world.dialog(alice)
    await world.message(dialog, alice, "a (b)")
    for text in ("(content,eq,a (b))", '(content,eq,"a (b)")'):
        assert await world.messages(alice, dialog, filter=text) == []
    assert await world.messages(alice, dialog, filter="(content,regex,a .b)") == ["a (b)"]
    assert await world.messages(alice, dialog, filter="(content,regex,(a|x) .b)") == ["a (b)"]


async def test_a_raw_ampersand_ends_the_filter(api: Target, talk: tuple[str, str, str]) -> None:
    alice, _, dialog = talk
    query = "filter=(meta.n,gt,1)&(content,eq,two)"
    reply = await raw(api, World.path(alice, dialog), query)
    assert [message["content"] for message in reply.json["data"]] == ["four", "three", "two"]


BAD_OPERATOR = (
    "Unsupported operator: like. Supported: eq, ne, in, nin, all, gt, gte, lt, lte, regex, exists"
)


async def test_each_list_words_a_bad_operator_in_its_own_way(
    api: Target, talk: tuple[str, str, str]
) -> None:
    alice, _, dialog = talk
    prefix = f"Invalid filter format. {BAD_OPERATOR}"
    for path, expected in (
        (World.path(alice, dialog), "Invalid filter format"),
        (f"/api/dialogs/{dialog}/messages", BAD_OPERATOR),
        ("/api/users", prefix),
    ):
        reply = await raw(api, path, "filter=(content,like,x)")
        assert (reply.status, reply.json["message"]) == (400, expected)
    members = await raw(api, f"/api/dialogs/{dialog}/members", "filter=(content,like,x)")
    assert members.json["message"].startswith("Invalid filter format.")
    reply = await raw(api, f"/api/users/{alice}/dialogs", "filter=(content,like,x)")
    assert reply.json["message"].startswith(prefix + ". Examples: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(meta.a,eq,null)", "Cannot read properties of null (reading '$ne')"),
        ("(meta.a-b,eq,1)", "Meta key may only contain letters, numbers, and underscores"),
        ("(meta.a.b,eq,1)", "Meta key cannot contain a dot"),
        ("{bad", "Invalid JSON filter format"),
        ("(a,eq,1)&(b,eq,1)|(c,eq,1)", "use parentheses to group when mixing & and |"),
        ("&".join(["(a,eq,1)"] * 13), "too many conditions in group"),
        ("|".join(["(a,eq,1)"] * 13), "too many OR branches (max 12)"),
    ],
)
async def test_a_filter_that_is_not_allowed_says_why(
    api: Target, world: World, text: str, message: str
) -> None:
    alice = await world.user("alice")
    query = text.replace("&", "%26")
    reply = await raw(api, f"/api/users/{alice}/dialogs", f"filter={query}")
    assert reply.status == 400
    assert message in reply.json["message"]


async def test_a_filter_on_no_topic_is_deprecated(api: Target, talk: tuple[str, str, str]) -> None:
    reply = await raw(api, f"/api/dialogs/{talk[2]}/messages", "filter=(topicId,eq,null)")
    assert reply.status == 400
    assert "deprecated" in reply.json["message"]


@pytest.mark.parametrize("text", ["(createdAt,lt,2020-99-99)", "(createdAt,gt,two)"])
async def test_a_time_that_is_none_is_an_internal_error(
    api: Target, talk: tuple[str, str, str], text: str
) -> None:
    alice, _, dialog = talk
    reply = await raw(api, World.path(alice, dialog), f"filter={text}")
    assert (reply.status, reply.json["error"]) == (500, "Internal Server Error")
    assert "Cast to Number failed" in reply.json["message"]


@pytest.mark.parametrize("name", ["constructor", "toString", "valueOf", "hasOwnProperty"])
async def test_a_condition_on_a_name_that_objects_inherit_is_lost(
    world: World, talk: tuple[str, str, str], name: str
) -> None:
    # Not so `__proto__`: it would spoil the server.
    alice, _, dialog = talk
    text = f"(meta.{name},eq,1)"
    assert await world.messages(alice, dialog, filter=text) == ["four", "three", "two", "one"]
    assert await world.titles(alice, filter=text) == ["Talk"]
    kept = f"(meta.{name},eq,1)&(meta.n,eq,2)"
    assert await world.messages(alice, dialog, filter=kept) == ["two"]


@pytest.mark.parametrize("text", ['{"meta":{"a.b":1}}', '{"$or":[5]}'])
async def test_the_old_format_is_hardly_checked(
    api: Target, talk: tuple[str, str, str], text: str
) -> None:
    reply = await raw(api, f"/api/users/{talk[0]}/dialogs", f"filter={text}")
    assert reply.status == 200


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("(createdAt,asc)", ["one", "two", "three", "four"]),
        ("(createdAt,1)", ["one", "two", "three", "four"]),
        ("createdAt", ["one", "two", "three", "four"]),
        ("-createdAt", ["four", "three", "two", "one"]),
        ("(content,asc)", ["four", "one", "three", "two"]),
        ("(content,desc)", ["two", "three", "one", "four"]),
        ("(createdAt,sideways)", ["four", "three", "two", "one"]),
    ],
)
async def test_any_field_sorts_a_users_messages(
    world: World, talk: tuple[str, str, str], sort: str, expected: list[str]
) -> None:
    alice, _, dialog = talk
    assert await world.messages(alice, dialog, sort=sort) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("(createdAt,asc)", ["one", "two", "three", "four"]),
        ("(createdAt,1)", ["four", "three", "two", "one"]),
        ("createdAt", ["four", "three", "two", "one"]),
        ("(content,asc)", ["four", "three", "two", "one"]),
        ("(senderId,asc)", ["three", "one", "four", "two"]),
    ],
)
async def test_two_fields_sort_a_dialogs_messages(
    api: Target, talk: tuple[str, str, str], sort: str, expected: list[str]
) -> None:
    reply = await raw(api, f"/api/dialogs/{talk[2]}/messages", f"sort={sort}")
    assert [message["content"] for message in reply.json["data"]] == expected


class TestDialogsOfAUser:
    @pytest.fixture
    async def three(self, world: World) -> tuple[str, str]:
        """Return Alice and Bob; Alice has the dialogs A (with Bob), B and C (with Bob, unread)."""
        alice, bob = await world.user("alice"), await world.user("bob")
        await world.dialog(alice, bob, meta={"title": "A", "n": 1})
        await world.dialog(alice, meta={"title": "B", "n": 2})
        dialog = await world.dialog(alice, bob, meta={"title": "C", "n": 3})
        for text in ("one", "two"):
            await world.message(dialog, bob, text)

        async def counts() -> list[int]:
            return [item["context"]["unreadCount"] for item in await world.dialogs(alice)]

        await world.eventually(counts, [2, 0, 0])
        return alice, bob

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, "CBA"),
            ({"sort": "(lastInteractionAt,asc)"}, "ABC"),
            ({"sort": "(anything,asc)"}, "ABC"),
            ({"sort": "(lastMessageAt,asc)"}, "ABC"),
            ({"sort": "(unreadCount,asc)"}, "BAC"),
            ({"sort": "(unreadCount,desc)"}, "CBA"),
            ({"sort": "(lastSeenAt,asc)"}, "ABC"),
            ({"sort": "unreadCount"}, "CBA"),
            ({"unreadCount": "2"}, "C"),
            ({"unreadCount": "gt:0"}, "C"),
            ({"unreadCount": "lte:1"}, "BA"),
            ({"lastSeenAt": "gt:5"}, "CBA"),
            ({"lastSeenAt": "lt:5"}, ""),
            ({"includeLastMessage": "false"}, "CBA"),
            ({"filter": "(unreadCount,gte,1)&(meta.n,eq,3)"}, "C"),
            ({"filter": "(message.createdAt,gt,2020-01-01)"}, "C"),
            ({"filter": "(meta.n,eq,1)|(meta.n,eq,2)"}, "BA"),
            # Only alternatives about meta have any effect, and `member` switches the group off.
            ({"filter": "(unreadCount,gt,1)|(meta.n,eq,1)"}, "A"),
            ({"filter": "(unreadCount,gt,1)|(lastSeenAt,gt,1)"}, ""),
            ({"filter": "(member,eq,nobody)|(meta.n,eq,1)"}, "CBA"),
        ],
    )
    async def test_are_selected_and_sorted(
        self, world: World, three: tuple[str, str], query: dict[str, str], expected: str
    ) -> None:
        assert "".join(await world.titles(three[0], **query)) == expected

    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("(member,eq,{bob})", "CA"),
            ("(member,ne,{bob})", "B"),
            ("(member,in,[{bob},x])", "CA"),
            ("(member,nin,[{bob},x])", "B"),
            ("(member,all,[{alice},{bob}])", "CA"),
        ],
    )
    async def test_are_selected_by_member(
        self, world: World, three: tuple[str, str], condition: str, expected: str
    ) -> None:
        alice, bob = three
        text = condition.replace("{alice}", alice).replace("{bob}", bob)
        assert "".join(await world.titles(alice, filter=text)) == expected

    async def test_carry_the_last_message_whatever_is_asked(
        self, world: World, three: tuple[str, str]
    ) -> None:
        for asked in ("true", "false"):
            c, b, _ = await world.dialogs(three[0], includeLastMessage=asked)
            assert c["lastMessage"]["content"] == "two"
            assert "lastMessage" not in b

    async def test_wrong_parameters_are_all_named(self, api: Target) -> None:
        reply = await raw(api, "/api/users/a/dialogs", "includeLastMessage=1&unreadCount=x")
        fields = {detail["field"] for detail in reply.json["details"]}
        assert fields == {"includeLastMessage", "unreadCount"}

    async def test_an_unknown_user_and_another_case_have_none(
        self, world: World, three: tuple[str, str]
    ) -> None:
        assert await world.dialogs("nobody_at_all") == []
        assert await world.dialogs(three[0].upper()) == []


class TestTraps:
    """Client filters overwrite the scope: the reason why the gateway writes filters anew."""

    @pytest.fixture
    async def secret(self, world: World) -> tuple[str, str, str, str]:
        """Return Alice, her dialog, Bob, and his dialog with a secret that she is not in."""
        alice, bob = await world.user("alice"), await world.user("bob")
        own, secret = await world.dialog(alice), await world.dialog(bob, meta={"title": "S"})
        await world.message(secret, bob, "top secret")
        return alice, own, bob, secret

    async def test_a_dialog_in_the_filter_overwrites_the_dialog_of_the_url(
        self, world: World, secret: tuple[str, str, str, str]
    ) -> None:
        alice, own, _, other = secret
        for text in (f"(dialogId,eq,{other})", f'{{"dialogId":"{other}"}}'):
            assert await world.messages(alice, own, filter=text) == ["top secret"]
        for text in (
            f"(dialogId,eq,{other})|(content,eq,x)",
            f'{{"$or":[{{"dialogId":"{other}"}}]}}',
        ):
            assert await world.messages(alice, own, filter=text) == []

    async def test_a_tenant_in_the_filter_overwrites_the_callers_tenant(
        self, api: Target, world: World, secret: tuple[str, str, str, str]
    ) -> None:
        if api.second_tenant is None:
            pytest.skip(NO_SECOND_TENANT)
        created = await api.call("POST", "/api/dialogs", {"meta": {}}, tenant=api.second_tenant)
        other = created.json["data"]["dialogId"]
        body = {"senderId": "x", "content": "other tenant"}
        await api.call("POST", f"/api/dialogs/{other}/messages", body, tenant=api.second_tenant)
        text = f"(tenantId,eq,{api.second_tenant})&(dialogId,eq,{other})"
        assert await world.messages(secret[0], secret[1], filter=text) == ["other tenant"]

    async def test_a_user_in_the_filter_overwrites_the_user_of_the_url(
        self, world: World, secret: tuple[str, str, str, str]
    ) -> None:
        alice, _, bob, _ = secret
        for text in (f"(userId,eq,{bob})", f'{{"userId":"{bob}"}}'):
            (dialog,) = await world.dialogs(alice, filter=text)
            assert dialog["meta"] == {"title": "S"}
            assert dialog["context"]["userId"] == alice
            assert dialog["context"]["unreadCount"] == 0

    async def test_members_of_another_dialog_cannot_be_had(
        self, api: Target, secret: tuple[str, str, str, str]
    ) -> None:
        alice, own, _, other = secret
        reply = await raw(api, f"/api/dialogs/{own}/members", f"filter=(dialogId,eq,{other})")
        assert [member["userId"] for member in reply.json["data"]] == [alice]

    async def test_another_dialogs_message_takes_a_reaction_but_no_status(
        self, api: Target, world: World, secret: tuple[str, str, str, str]
    ) -> None:
        alice, own, bob, other = secret
        message = await world.message(other, bob)
        assert (await world.react(alice, own, message, "👀")).status == 201
        assert (await world.status(alice, own, message, "read")).status == 404
        assert (await api.call("GET", World.path(alice, own, message))).status == 404

    @pytest.mark.parametrize("name", ["$where", "$expr"])
    async def test_operators_of_the_database_are_an_internal_error(
        self, api: Target, secret: tuple[str, str, str, str], name: str
    ) -> None:
        query = f'filter={{"{name}":"true"}}'
        reply = await raw(api, World.path(secret[0], secret[1]), query)
        assert (reply.status, reply.json["error"]) == (500, "Internal Server Error")


class TestTenantWideLists:
    async def test_users_are_filtered_and_sorted_by_json(self, api: Target, world: World) -> None:
        kind = world.name("kind")
        names = [await world.user(name, type=kind) for name in ("a", "b", "c")]
        wanted = f"filter=(type,eq,{kind})"

        async def listed(query: str) -> list[str]:
            reply = await raw(api, "/api/users", query)
            return [user["userId"] for user in reply.json["data"]]

        assert await listed(wanted) == names[::-1]
        assert await listed(wanted + '&sort={"createdAt":1}') == names
        assert await listed(wanted + '&sort={"userId":-1}&limit=2') == names[:0:-1]
        assert sorted(await listed(wanted + "&sort={}")) == sorted(names)
        assert await listed(f"filter=(userId,in,[{names[0]},{names[2]}])") == [names[2], names[0]]
        for query in ("sort=(createdAt,desc)", "sort=[1]", "filter=garbage", "filter=(a,b)"):
            assert (await raw(api, "/api/users", query)).status == 400

    async def test_dialogs_are_filtered_and_sorted(self, api: Target, world: World) -> None:
        user, mark = await world.user("a"), world.name("mark")
        first = await world.dialog(user, meta={"mark": mark, "n": 1})
        second = await world.dialog(meta={"mark": mark, "n": 2})

        async def listed(query: str) -> list[str]:
            reply = await raw(api, "/api/dialogs", query)
            return [dialog["dialogId"] for dialog in reply.json["data"]]

        assert await listed(f"filter=(meta.mark,eq,{mark})") == [first, second]
        newest = f"filter=(meta.mark,eq,{mark})&sort=(createdAt,desc)"
        assert await listed(newest) == [second, first]
        assert await listed(f"filter=(member,eq,{user})") == [first]
        assert await listed(f"filter=(dialogId,eq,{second})") == [second]

    async def test_members_are_filtered_and_sorted(self, api: Target, world: World) -> None:
        names = sorted([await world.user(name) for name in ("b", "a", "c")])
        dialog = await world.dialog(*names)
        path = f"/api/dialogs/{dialog}/members"
        await api.call("PUT", f"/api/meta/dialogMember/{dialog}:{names[1]}/muted", {"value": True})

        async def listed(query: str) -> list[Any]:
            return [member["userId"] for member in (await raw(api, path, query)).json["data"]]

        assert await listed("") == names
        assert await listed("sort=userId&sortDirection=desc") == names[::-1]
        assert await listed("sort=(userId,desc)&limit=1") == names[:1:-1]
        assert await listed("filter=(meta.muted,eq,true)") == [names[1]]
        assert await listed(f"filter=(userId,ne,{names[0]})") == names[1:]

    async def test_all_messages_come_without_the_tenant(self, api: Target, world: World) -> None:
        dialog = await world.dialog(meta={})
        message = await world.message(dialog, "someone")
        query = f"filter=(dialogId,eq,{dialog})"
        (item,) = (await raw(api, "/api/messages", query)).json["data"]
        assert item["messageId"] == message
        assert "tenantId" not in item
