"""A cut-off send is finished: one message, whole or told, and announced, whatever was cut where."""

import asyncio
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_platform import ALICE, DIALOG, KEY, QUOTED, Row, ScriptedPlatform, request
from sent_messages_vocabulary import Workers, every_cut

from chat3_api.chat3.user.v1 import MissingPart
from chat3_user.domain.attempts import Request
from chat3_user.domain.repairs import TAKEN_AWAY_BY, take_away
from chat3_user.domain.sent_messages import Sent
from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api import TenantApi
from chat3_user.validation import Identity

OTHERS: tuple[tuple[str, ...], ...] = ((), ("bob",), ("bob", "carol", "Zoe"))
KINDS = ("internal.text", "system.note")
METAS: tuple[dict[str, Any], ...] = ({}, {"a": 1, "b": {"c": [True]}}, {"b": 2, "7": "x", "10": 3})

STATES = list(itertools.product(OTHERS, KINDS, METAS, (False, True)))


def wanted_of(kind: str, meta: dict[str, Any], *, quotes: bool) -> Request:
    quote = {"quotedMessageId": QUOTED} if quotes else {}
    return request(" hello ", type=kind, **({"meta": meta} if meta else {}), **quote)


def check(platform: ScriptedPlatform, wanted: Request, sent: Sent) -> Row:
    """Check what the caller was told against what the platform has; return the message."""
    (row,) = platform.alive()
    assert row.message_id == sent.message.message_id
    assert platform.lacks(row, wanted) <= set(sent.missing), "something is missing and not told"
    assert platform.is_announced(row, wanted), "never announced"
    assert row.meta == {"chat3_key": KEY, **wanted.body.get("meta", {})}
    return row


@pytest.mark.parametrize(("others", "kind", "meta", "quotes"), STATES)
@pytest.mark.parametrize("deletes", [True, False])
async def test_every_cut_is_finished_or_told(
    others: tuple[str, ...], kind: str, meta: dict[str, Any], *, quotes: bool, deletes: bool
) -> None:
    wanted = wanted_of(kind, meta, quotes=quotes)
    for cut in every_cut(ScriptedPlatform(*others), wanted):
        platform = ScriptedPlatform(*others, deletes=deletes)
        workers = Workers(platform)
        platform.send(wanted, KEY, cut=cut)
        sent = await workers.finish(wanted)
        check(platform, wanted, sent)
        if deletes and others and kind == "internal.text":
            assert sent.missing == (), f"cut {cut} could have been replaced"
        # The next look finds the same, and writes nothing where it shows that it is whole.
        written = [line for line in platform.asked if not line.startswith("GET")]
        again = await workers.look(wanted)
        assert again is not None
        assert again.message.message_id == sent.message.message_id
        if not sent.missing and kind == "internal.text":
            assert [line for line in platform.asked if not line.startswith("GET")] == written


@pytest.mark.parametrize("others", OTHERS)
@pytest.mark.parametrize("quotes", [True, False])
async def test_a_whole_message_is_the_answer_at_once_and_nothing_is_written(
    others: tuple[str, ...], *, quotes: bool
) -> None:
    platform = ScriptedPlatform(*others)
    wanted = wanted_of("internal.text", {"a": 1}, quotes=quotes)
    row = platform.send(wanted, KEY, cut=None)
    sent = await Workers(platform, settle=10.0).look(wanted, settled=False)
    assert sent is not None
    assert (sent.message.message_id, sent.missing) == (row.message_id, ())
    assert len(platform.asked) <= 2


async def test_a_whole_message_is_known_after_others_came_and_left() -> None:
    platform = ScriptedPlatform("bob", "carol")
    wanted = request()
    row = platform.send(wanted, KEY, cut=None)
    platform.last_message_at = row.created + 1
    del platform.members["carol"]
    platform.members |= dict.fromkeys(("dave", "erin", "frank"), row.created + 1)
    sent = await Workers(platform).look(wanted)
    assert sent is not None
    assert sent.missing == ()
    assert not [line for line in platform.asked if not line.startswith("GET")]


async def test_meta_that_was_removed_from_a_whole_message_is_not_put_back() -> None:
    platform = ScriptedPlatform("bob")
    wanted = request(meta={"a": 1, "b": 2})
    row = platform.send(wanted, KEY, cut=None)
    del row.meta["a"]
    sent = await Workers(platform).look(wanted)
    assert sent is not None
    assert "a" not in row.meta


async def test_a_message_that_may_be_whole_is_never_replaced_for_its_meta() -> None:
    platform = ScriptedPlatform("bob")
    wanted = request(type="system.note", meta={"a": 1, "b": 2})
    row = platform.send(wanted, KEY, cut=None)
    del row.meta["a"]
    sent = await Workers(platform).finish(wanted)
    assert check(platform, wanted, sent) is row


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
async def test_what_may_be_in_the_making_is_left_alone(cut: int) -> None:
    wanted = request(meta={"a": 1})
    for settled in (False, True):
        platform = ScriptedPlatform("bob")
        # An orphan is looked for only when the attempts are settled.
        if cut == 1 and not settled:
            continue
        platform.send(wanted, KEY, cut=cut, ago=2.0)
        with pytest.raises(UnsettledError) as unsettled:
            await Workers(platform, settle=10.0).look(wanted, settled=settled)
        assert unsettled.value.seconds == pytest.approx(8.0, abs=0.01)
        assert not [line for line in platform.asked if not line.startswith("GET")]


async def test_a_platform_whose_clock_is_ahead_is_waited_for_by_ours() -> None:
    platform = ScriptedPlatform("bob")
    wanted = request()
    platform.send(wanted, KEY, cut=2, ago=-3600.0)
    with pytest.raises(UnsettledError) as unsettled:
        await Workers(platform, settle=10.0).look(wanted)
    assert unsettled.value.seconds == pytest.approx(10.0, abs=0.5)


@pytest.mark.parametrize("deletes", [True, False])
async def test_two_keys_of_equal_text_never_share_an_orphan(*, deletes: bool) -> None:
    wanted = request(meta={"a": 1})
    for orphans in (0, 1, 2):
        platform = ScriptedPlatform("bob", deletes=deletes)
        workers = Workers(platform)
        for index in range(orphans):
            platform.send(wanted, f"lost-{index}", cut=1)
        found = await asyncio.gather(*(workers.finish(wanted, key) for key in ("one", "two")))
        ids = {sent.message.message_id for sent in found}
        assert len(ids) == 2
        assert {row.message_id for row in platform.alive()} == ids
        if not deletes:
            assert workers.rewritten == 2 - orphans


@pytest.mark.parametrize(
    "change",
    [
        {"sender": "bob"},
        {"kind": "internal.file"},
        {"content": "hello!"},
        {"topic": "topic_aaaaaaaaaaaaaaaaaaaa"},
        {"meta": {"a": 1}},
        {"meta": {"chat3_key": "another"}},
        {"meta": {"8": "not asked for"}},
        {"meta": {"7": "another value"}},
        {"quoted": True},
        {"deleted_by": "alice"},
        {"edited": True},
        {"statuses": [("bob", "unread", 0.0)]},
    ],
)
async def test_what_is_not_exactly_what_a_cut_attempt_leaves_is_no_orphan(
    change: dict[str, Any],
) -> None:
    platform = ScriptedPlatform("bob")
    wanted = request(meta={"a": 1, "7": "x"})
    row = platform.send(wanted, KEY, cut=1)
    for name, value in change.items():
        setattr(row, name, value)
    assert await Workers(platform).look(wanted) is None


async def test_an_orphan_is_looked_for_in_its_time_only() -> None:
    wanted = request()
    for age, found in ((60.0, True), (15.0, False), (None, False), (7200.0, False)):
        platform = ScriptedPlatform("bob", deletes=False)
        platform.send(wanted, KEY, cut=1, ago=30.0)
        assert (await Workers(platform).look(wanted, age=age) is not None) == found


async def test_an_orphan_is_found_beyond_a_page_of_other_messages() -> None:
    platform = ScriptedPlatform("bob", deletes=False)
    wanted = request()
    row = platform.send(wanted, KEY, cut=1, ago=50.0)
    for index in range(250):
        platform.send(request("more"), f"key-{index}", cut=None, ago=40.0 - index / 10)
    sent = await Workers(platform).look(wanted)
    assert sent is not None
    assert sent.message.message_id == row.message_id


async def test_an_orphan_of_a_sender_whom_no_filter_can_name_is_found() -> None:
    platform = ScriptedPlatform("bob", deletes=False)
    odd = Identity("key", "tnt_one", "al(ice)&")
    platform.members[odd.user_id] = 0.0
    wanted = Request(odd, DIALOG, {"content": "hello"})
    platform.send(wanted, KEY, cut=1)
    assert await Workers(platform).look(wanted) is not None


@pytest.mark.parametrize("cut", range(2, 8))
async def test_what_the_user_deleted_is_the_answer_and_not_written_again(cut: int) -> None:
    platform = ScriptedPlatform("bob")
    wanted = wanted_of("internal.text", {"a": 1}, quotes=True)
    row = platform.send(wanted, KEY, cut=cut)
    row.deleted_by = "alice"
    sent = await Workers(platform).finish(wanted)
    assert sent.message.message_id == row.message_id
    assert list(platform.rows) == [row.message_id]
    assert sent.message.deleted


async def test_what_the_user_deletes_while_it_is_taken_away_is_the_answer() -> None:
    class Quick(ScriptedPlatform):
        def _delete(self, row: Row, by: str) -> Any:
            yield from super()._delete(row, "alice")
            yield from super()._delete(row, by)

    platform = Quick("bob")
    wanted = request()
    row = platform.send(wanted, KEY, cut=2)
    sent = await Workers(platform).finish(wanted)
    assert sent.message.message_id == row.message_id
    assert list(platform.rows) == [row.message_id]


@pytest.mark.parametrize("use", [{"edited": True}, {"reactions": ["+1"]}])
async def test_what_people_have_used_is_completed_and_told_not_taken_away(
    use: dict[str, Any],
) -> None:
    platform = ScriptedPlatform("bob")
    wanted = wanted_of("internal.text", {"a": 1}, quotes=True)
    row = platform.send(wanted, KEY, cut=2)
    for name, value in use.items():
        setattr(row, name, value)
    sent = await Workers(platform).finish(wanted)
    assert check(platform, wanted, sent) is row
    assert MissingPart.QUOTE in sent.missing


async def test_a_copy_that_was_taken_away_is_never_the_answer() -> None:
    platform = ScriptedPlatform("bob")
    wanted = request()
    row = platform.send(wanted, KEY, cut=None)
    row.deleted_by = TAKEN_AWAY_BY
    assert await Workers(platform).look(wanted) is None


async def test_a_member_who_read_what_was_cut_does_not_make_it_whole() -> None:
    platform = ScriptedPlatform("bob", deletes=False)
    wanted = request()
    row = platform.send(wanted, KEY, cut=2)
    row.statuses.append(("bob", "read", row.created + 5))
    sent = await Workers(platform).finish(wanted)
    assert check(platform, wanted, sent) is row
    assert MissingPart.CREATED_UPDATE in sent.missing


async def test_a_platform_that_cannot_delete_is_asked_once_in_a_while() -> None:
    platform = ScriptedPlatform("bob", deletes=False)
    api = TenantApi(platform)
    for _ in range(3):
        assert await take_away(api, ALICE, "msg_x") is None
    assert platform.asked.count("PATCH /api/messages/{message_id}") == 1


async def test_the_url_of_media_is_set_as_the_platform_would_have_set_it() -> None:
    platform = ScriptedPlatform("bob", deletes=False)
    wanted = request("", type="internal.image", meta={"url": " http://x/y "})
    row = platform.send(wanted, KEY, cut=2)
    await Workers(platform).finish(wanted)
    assert row.meta["url"] == "http://x/y"


async def test_a_quote_that_a_write_left_out_is_told() -> None:
    platform = ScriptedPlatform("bob")
    wanted = wanted_of("internal.text", {}, quotes=True)
    row = platform.send(wanted, KEY, cut=None)
    row.quoted = False
    workers = Workers(platform)
    search = workers.search(wanted)
    earlier = Earlier(KEY, 60.0, 60.0, settled=True)
    (found,) = await search._sent.traces.keyed(wanted, earlier)
    sent = search._sent.judged(wanted, found)
    assert sent.missing == (MissingPart.QUOTE,)
    assert workers.counted == ["incomplete"]


@settings(max_examples=400)
@given(
    others=st.sampled_from(OTHERS),
    kind=st.sampled_from(KINDS),
    meta=st.sampled_from(METAS),
    quotes=st.booleans(),
    deletes=st.booleans(),
    first=st.integers(1, 12),
    cuts=st.lists(st.one_of(st.none(), st.integers(0, 12)), max_size=8),
)
async def test_repairs_may_be_cut_at_any_step_too(
    *,
    others: tuple[str, ...],
    kind: str,
    meta: dict[str, Any],
    quotes: bool,
    deletes: bool,
    first: int,
    cuts: list[int | None],
) -> None:
    platform = ScriptedPlatform(*others, deletes=deletes)
    wanted = wanted_of(kind, meta, quotes=quotes)
    platform.send(wanted, KEY, cut=first, ago=50.0)
    platform.cuts = list(cuts)
    sent = await Workers(platform).finish(wanted)
    check(platform, wanted, sent)
