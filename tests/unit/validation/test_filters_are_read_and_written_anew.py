"""Filters and sorts of the contract are accepted, anything else is refused with its position."""

from collections.abc import Callable

import pytest

from chat3_user.validation import (
    FilterError,
    parse_dialog_filter,
    parse_dialog_sort,
    parse_message_filter,
    parse_message_sort,
    parse_pack_filter,
    parse_pack_sort,
)
from chat3_user.validation.filters import Sort


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        (" \u00a0", ""),
        ("(unread_count,gt,0)", "(unreadCount,gt,0)"),
        (" ( unread_count , gt , 0 ) ", "(unreadCount,gt,0)"),
        ("((unread_count,gt,0))", "(unreadCount,gt,0)"),
        ("(meta.kind,eq,support)&(member,eq,bob)", '(meta.kind,eq,"support")&(member,eq,"bob")'),
        ("(member,all,[alice, carol])", "(member,all,[alice,carol])"),
        ("(meta.t,eq,Beta, with comma)", '(meta.t,eq,"Beta, with comma")'),
        ('(meta.t,eq,"123")', '(meta.t,eq,"123")'),
        ("(meta.t,eq,123)", "(meta.t,eq,123)"),
        ("(meta.t,eq,1.50)", "(meta.t,eq,1.5)"),
        ("(meta.t,eq,-0.0)", "(meta.t,eq,0)"),
        ("(meta.t,eq,0.0000001)", "(meta.t,eq,0.0000001)"),
        ("(meta.t,eq,1e5)", '(meta.t,eq,"1e5")'),
        ("(meta.t,eq,true)", "(meta.t,eq,true)"),
        ('(meta.t,ne,"null")', '(meta.t,ne,"null")'),
        ('(meta.t,eq,"")', '(meta.t,eq,"")'),
        ('(meta.t,eq,a"b)', '(meta.t,eq,"a"b")'),
        ('(meta.t,eq,"[a]")', '(meta.t,eq,"[a]")'),
        ("(meta.t,in,[a,1,true,-2.5])", "(meta.t,in,[a,1,true,-2.5])"),
        ("(meta.t,in,[2026-01-01])", "(meta.t,in,[2026-01-01])"),
        ("(meta.t,exists,true)", "(meta.t,exists,true)"),
        ("(meta.t,regex,^[a-z_]+\\d?\\.$)", '(meta.t,regex,"^[a-z_]+\\d?\\.$")'),
        ('(meta.t,regex,"[^\\]x-z]*?")', '(meta.t,regex,"[^\\]x-z]*?")'),
        ("(last_seen_time,gt,2020-01-01)", "(lastSeenAt,gt,1577836800000)"),
        ("(last_seen_time,gt,1969-12-31T23:59:59.999Z)", "(lastSeenAt,gt,-1)"),
        (
            "(last_seen_time,lte,2020-01-01T02:00:00.000500+02:00)",
            "(lastSeenAt,lte,1577836800000.5)",
        ),
        ("(last_message_time,lt,1795424790308.9)", "(lastMessageAt,lt,1795424790308.9)"),
        (
            "(meta.n,eq,0)|(meta.n,eq,x)",
            '(meta.n,in,[0])|(meta.n,eq,"x")',
        ),
        (
            "((meta.n,eq,1)|(meta.n,eq,2))&(meta.open,eq,true)",
            "((meta.n,in,[1])&(meta.open,eq,true))|((meta.n,in,[2])&(meta.open,eq,true))",
        ),
    ],
)
def test_dialog_filters_are_written_as_the_platform_reads_them(text: str, written: str) -> None:
    assert parse_dialog_filter(text) == written


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("(sender_id,eq,bob)", '(senderId,eq,"bob")'),
        ("(type,in,[internal.image,internal.file])", "(type,in,[internal.image,internal.file])"),
        (
            "(create_time,gte,2026-01-01T00:00:00Z)&(meta.important,eq,true)",
            "(createdAt,gte,1767225600000)&(meta.important,eq,true)&(deleted,ne,true)",
        ),
        # Deleted messages are not found by what they said.
        (
            "(sender_id,eq,a)|(content,regex,hi)",
            '(senderId,eq,"a")|((content,regex,"hi")&(deleted,ne,true))',
        ),
        ("(meta.a,eq,1)", "(meta.a,eq,1)&(deleted,ne,true)"),
        # Two meta conditions would be joined by or, were this no or itself.
        (
            "(meta.a,eq,1)&(meta.b,ne,x)",
            "|".join(["((meta.a,in,[1])&(meta.b,nin,[x])&(deleted,ne,true))"] * 2),
        ),
        ("(message_id,in,[a,b])", "(messageId,in,[a,b])"),
        ("(topic_id,eq,t)", '(topicId,eq,"t")|(topicId,eq,"t")'),
    ],
)
def test_message_filters_are_written_as_the_platform_reads_them(text: str, written: str) -> None:
    assert parse_message_filter(text) == written


@pytest.mark.parametrize(
    ("text", "position", "rule"),
    [
        ("unread_count>0", 1, "`(` expected"),
        ("(tenantId,eq,t)", 2, "no such field 'tenantId'"),
        ("(userId,eq,bob)", 2, "no such field 'userId'"),
        ("($where,eq,1)", 2, "no such field"),
        ('{"userId":"bob"}', 1, "`(` expected"),
        ("(unread_count,$gt,1)", 15, "no such operator '$gt'"),
        ("(unread_count,regex,1)", 15, "`unread_count` takes the operators"),
        ("(member,eq,bob)|(meta.n,eq,1)", 2, "only `meta` conditions"),
        ("((meta.n,eq,1)|(meta.n,eq,2))&(member,eq,bob)", 32, "only `meta` conditions"),
        ("(meta.a.b,eq,1)", 2, "this meta key cannot be written"),
        ("(meta.a-b,eq,1)", 2, "this meta key cannot be written"),
        ("(meta.,eq,1)", 2, "this meta key cannot be written"),
        ("(meta.a,eq,1)|(meta.chat3_key,exists,true)", 16, "this meta key cannot be written"),
        ("(meta.a,eq,1)&(meta.createdAt,gt,1)", 16, "this meta key cannot be written"),
        ("(,eq,1)", 2, "a field is missing"),
        ("(meta.n,,1)", 9, "an operator is missing"),
        ("(meta.n,eq)", 11, "`,` expected"),
        ("(meta.n,eq,)", 12, "a value is missing"),
        ("(meta.n,eq,", 11, "a value is missing"),
        ("(meta.n,eq,1", 12, "`)` expected"),
        ("(meta.n,eq,1))", 14, "`)` without its `(`"),
        ("(meta.n,eq,1)(meta.m,eq,1)", 14, "`&`, `|` or `)` expected"),
        ("(meta.n,eq,1)&", 14, "`(` expected"),
        ("(meta.n,eq,1)&(meta.m,eq,1)|(meta.o,eq,1)", 28, "parentheses are needed"),
        ("(meta.t,eq,Gamma (x))", 18, "a value cannot hold"),
        ('(meta.t,eq,"a&b")', 14, "a value cannot hold"),
        ("(meta.t,eq,a|b)", 13, "a value cannot hold"),
        ('(meta.t,eq,"a)b")', 12, "quoted text begins and ends"),
        ("(meta.t,eq,'a')", 12, "quoted text begins and ends"),
        ('(meta.t,eq,")', 12, "quoted text begins and ends"),
        ('(meta.t,eq,"{a}")', 12, "text cannot begin with `{`"),
        ("(meta.t,eq, {a})", 13, "text cannot begin with `{`"),
        ("(meta.t,eq,[a])", 12, "no list here"),
        ("(meta.t,eq,null)", 12, "nothing compares with `null`"),
        ("(meta.t,in,a)", 12, "a list such as"),
        ("(meta.t,in,[)", 12, "a list such as"),
        ("(meta.t,in,[])", 13, "a list item is missing"),
        ("(meta.t,in,[a, ,b])", 16, "a list item is missing"),
        ('(meta.t,in,[a, "5"])', 16, "text in a list"),
        ('(meta.t,in,["a b",""])', 19, "text in a list"),
        ("(meta.t,in,[a]b])", 13, "text in a list"),
        ("(meta.readAtX,in,[2026-01-01])", 19, "text in a list"),
        ("(meta.t,in,[" + "1," * 100 + "1])", 213, "a list has at most 100 items"),
        ("(meta.t,exists,false)", 16, "`exists` takes `true`"),
        ("(meta.t,gt,true)", 12, "`gt` takes text or a number"),
        ("(meta.t,eq,9007199254740993)", 12, "a number has at most"),
        ("(meta.t,eq,1." + "0" * 30 + ")", 12, "a number has at most"),
        ("(unread_count,eq,1.5)", 18, "a whole number from 0"),
        ("(unread_count,in,[1,-1])", 21, "a whole number from 0"),
        ("(unread_count,eq,true)", 18, "a whole number from 0"),
        ("(member,eq,123)", 12, "text is expected; quote"),
        ('(member,eq,"")', 12, "this field is never empty"),
        ("(last_seen_time,gt,yesterday)", 20, "a time is"),
        ("(last_seen_time,gt,2020-01-01T00:00:00)", 20, "a time is"),
        ("(last_seen_time,gt,2020-02-30)", 20, "there is no such time"),
        ("(last_seen_time,gt,true)", 20, "an ISO 8601 time"),
        (
            "(last_seen_time,gt,1)&(last_message_time,gt,1)",
            24,
            "`last_seen_time` and `last_message_time` cannot",
        ),
        ("(meta.n,gte,1)&(meta.n,lte,2)", 17, "`meta.n` stands twice in one and"),
        ("(dialog_id,in,[a])&(meta.n,eq,1)", 2, "beside `meta` or `member`"),
        ("(member,eq,a)&(dialog_id,ne,d)", 16, "beside `meta` or `member`"),
        ("(meta.a,ne,x,y)|(meta.a,eq,b)", 2, "`ne` with text that cannot"),
        ("(meta.t,eq,a\x00)", 13, "a filter has no control"),
        ("(meta.t,regex,5)", 15, "`regex` takes text"),
        ('(meta.t,regex,"")', 15, "a regular expression has 1 to 100"),
        ("(meta.t,regex," + "x" * 101 + ")", 15, "a regular expression has 1 to 100"),
        ("(meta.t,regex,.*.*.*)", 15, "a regular expression has at most 2"),
        ("(meta.t,regex,a**)", 15, "a regular expression consists of"),
        ("(meta.t,regex,a{9})", 15, "a regular expression consists of"),
        ("(meta.t,regex,\\1)", 15, "a regular expression consists of"),
        ("(meta.t,regex,x[z-a])", 15, "a regular expression consists of"),
        ("(meta.t,regex,x[\\d-z])", 15, "a regular expression consists of"),
        ("(meta.t,regex,*)", 15, "a regular expression consists of"),
        ("(" * 9 + "meta.n,eq,1" + ")" * 9, 9, "at most 8 groups"),
        ("|".join(["(meta.n,eq,1)"] * 13), 168, "at most 12 conditions"),
    ],
)
def test_what_is_no_filter_is_refused_where_it_goes_wrong(
    text: str, position: int, rule: str
) -> None:
    with pytest.raises(FilterError) as caught:
        parse_dialog_filter(text)
    assert (caught.value.position, caught.value.rule[: len(rule)]) == (position, rule)
    assert str(caught.value).startswith(f"position {position}: {rule}")


@pytest.mark.parametrize(
    ("text", "position"),
    [("(dialog_id,eq,x)", 2), ("(sender_id,like,b)", 12), ("(message_id,eq,m)&(meta.k,eq,v)", 2)],
)
def test_message_filters_have_their_own_fields(text: str, position: int) -> None:
    with pytest.raises(FilterError) as caught:
        parse_message_filter(text)
    assert caught.value.position == position


def test_alternatives_are_bounded_before_they_are_multiplied() -> None:
    four = "(" + "|".join(f"(meta.a{i},eq,1)" for i in range(4)) + ")"
    three = "(" + "|".join(f"(meta.b{i},eq,1)" for i in range(3)) + ")"
    assert parse_dialog_filter(f"{four}&{three}").count("|") == 11
    for text in (f"{four}&{three}&((meta.x,eq,1)|(meta.y,eq,1))", f"{four}|{four}|{four}|{four}"):
        with pytest.raises(FilterError, match="at most 12 alternatives"):
            parse_dialog_filter(text)


def test_conjunctions_are_bounded_when_they_are_flattened() -> None:
    seven = "(" + "&".join(f"(meta.a{i},eq,1)" for i in range(7)) + ")"
    other = seven.replace("meta.a", "meta.b")
    with pytest.raises(FilterError, match="of 12 conditions"):
        parse_dialog_filter(f"{seven}&{other}")


def test_a_filter_fits_the_platforms_url() -> None:
    with pytest.raises(FilterError, match="at most 8000 bytes"):
        parse_dialog_filter('(meta.t,eq,"' + "ж" * 1900 + '")')
    with pytest.raises(FilterError, match="at most 2000 characters"):
        parse_dialog_filter("x" * 2001)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        (" ", ""),
        ("(unread_count,desc)", "(unreadCount,desc)"),
        (" ( last_seen_time , asc ) ", "(lastSeenAt,asc)"),
        ("(last_interaction_time,desc)", "(lastInteractionAt,desc)"),
    ],
)
def test_dialog_sorts_are_written_anew(text: str, written: str) -> None:
    assert parse_dialog_sort(text) == written


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("create_time", 1),
        ("(create_time,1)", 1),
        ("-create_time", 1),
        ("(content,asc)", 2),
        ("(create_time,DESC)", 14),
        ('{"createdAt":-1}', 1),
    ],
)
def test_message_sorts_are_refused_where_they_go_wrong(text: str, position: int) -> None:
    assert parse_message_sort("(create_time,asc)") == "(createdAt,asc)"
    with pytest.raises(FilterError) as caught:
        parse_message_sort(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("parse", "text", "written"),
    [
        (parse_dialog_filter, "(dialogId,eq,d)", '(dialogId,eq,"d")'),
        (parse_dialog_filter, "(unreadCount,gt,0)", "(unreadCount,gt,0)"),
        (parse_dialog_filter, "(lastSeenAt,gt,5)", "(lastSeenAt,gt,5)"),
        (parse_dialog_filter, "(lastMessageAt,gt,5)", "(lastMessageAt,gt,5)"),
        (parse_dialog_sort, "(lastInteractionAt,asc)", "(lastInteractionAt,asc)"),
        (parse_dialog_sort, "(lastSeenAt,asc)", "(lastSeenAt,asc)"),
        (parse_dialog_sort, "(unreadCount,asc)", "(unreadCount,asc)"),
        (parse_message_filter, "(messageId,eq,m)", '(messageId,eq,"m")'),
        (parse_message_filter, "(senderId,eq,bob)", '(senderId,eq,"bob")'),
        (parse_message_filter, "(createdAt,gt,5)", "(createdAt,gt,5)"),
        (parse_message_filter, "(topicId,eq,t)", '(topicId,eq,"t")|(topicId,eq,"t")'),
        (parse_message_sort, "(createdAt,asc)", "(createdAt,asc)"),
        (parse_message_sort, "(senderId,asc)", "(senderId,asc)"),
        (parse_message_sort, "(messageId,asc)", "(messageId,asc)"),
        (parse_pack_filter, "(unreadCount,gt,0)", "(unreadCount,gt,0)"),
    ],
)
def test_the_platforms_names_are_taken_as_well(
    parse: Callable[[str], str], text: str, written: str
) -> None:
    assert parse(text) == written


@pytest.mark.parametrize("name", ["unread_count", "unreadCount"])
def test_an_error_names_the_field_as_the_caller_did(name: str) -> None:
    for text in (f"({name},regex,x)", f"(unread_count,gt,1)&({name},lt,5)"):
        with pytest.raises(FilterError, match=f"`{name}`"):
            parse_dialog_filter(text)
    with pytest.raises(FilterError, match=f"cannot sort by '{name}s'"):
        parse_dialog_sort(f"({name}s,asc)")


def test_a_field_is_one_field_by_both_names() -> None:
    with pytest.raises(FilterError, match="`unreadCount` stands twice in one and"):
        parse_dialog_filter("(unread_count,gt,1)&(unreadCount,lt,5)")


def test_an_and_of_messages_leaves_room_for_what_the_service_adds() -> None:
    names = ("message_id", "sender_id", "type", "content", "create_time", "topic_id")
    values = ("m", "a", "t", "c", "5", "t")
    conditions = [f"(meta.a{i},eq,1)" for i in range(9)]
    conditions += [
        f"({n},{'gt' if n == 'create_time' else 'eq'},{v})"
        for n, v in zip(names[1:], values[1:], strict=True)
    ]
    for text in ("&".join(conditions[:10]), "&".join(conditions[-10:])):
        assert parse_message_filter(text).count(",eq,") + parse_message_filter(text).count(",in,")
    with pytest.raises(FilterError, match="at most 10 conditions in one and"):
        parse_message_filter("&".join(conditions[:11]))
    assert parse_dialog_filter("&".join(f"(meta.a{i},eq,1)" for i in range(12)))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", ""),
        ("(unread_count,gt,0)", "(unreadCount,gt,0)"),
        ("(meta.kind,eq,support)", '(meta.kind,eq,"support")'),
        ("(unread_count,gt,0)&(meta.n,eq,1)", "(unreadCount,gt,0)&(meta.n,eq,1)"),
        ("(meta.n,eq,1)|(meta.n,eq,2)", "(meta.n,in,[1])|(meta.n,in,[2])"),
    ],
)
def test_pack_filters_are_written_as_the_platform_reads_them(text: str, written: str) -> None:
    assert parse_pack_filter(text) == written


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("(pack_id,eq,x)", "no such field 'pack_id'"),
        ("(create_time,gt,1)", "no such field 'create_time'"),
        ("(unread_count,gt,0)|(meta.n,eq,1)", "only `meta` conditions"),
    ],
)
def test_pack_filters_have_their_own_fields(text: str, rule: str) -> None:
    with pytest.raises(FilterError, match=rule):
        parse_pack_filter(text)


def test_packs_are_sorted_by_time_or_unread_messages() -> None:
    assert parse_pack_sort("") == Sort("createdAt", "desc")
    assert parse_pack_sort("(unread_count,asc)") == Sort("unreadCount", "asc")
    assert parse_pack_sort("(create_time,desc)") == Sort("createdAt", "desc")
    with pytest.raises(FilterError, match="cannot sort by 'dialog_count'"):
        parse_pack_sort("(dialog_count,asc)")
