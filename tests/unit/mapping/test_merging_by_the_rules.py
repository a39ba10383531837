"""Merge rules, kind by kind: what is taken, what stays, what is read again."""

from datetime import UTC, datetime
from typing import Any

import pytest

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from support.merging import (
    RULES,
    Picture,
    Read,
    ReadDialog,
    ReadMessages,
    merge,
    put_dialog,
    put_messages,
)

NOON = datetime(2026, 11, 23, 11, 3, 4, tzinfo=UTC)
EMPTY = Struct()
FULL = pb.PartialDialog(dialog_id="d", create_time=NOON, meta=Struct.from_dict({"title": "T"}))
COUNTERS = pb.PartialDialog(dialog_id="d", approximate_unread_count=9)
WHOLE: list[Read] = [ReadDialog("d"), ReadMessages("d")]


def picture(**message: Any) -> Picture:
    """Return a picture with a dialog and a message in it."""
    seen = Picture("alice")
    own = pb.DialogMembership(user_id="alice", unread_count=3, last_seen_time=NOON)
    put_dialog(seen, "d", pb.Dialog(dialog_id="d", membership=own, title="old"))
    known = {"message_id": "m", "dialog_id": "d", "sender_id": "bob", "content": "old", **message}
    put_messages(seen, [pb.Message(**known)])
    return seen


def partial(**more: Any) -> pb.PartialMessage:
    return pb.PartialMessage(message_id="m", dialog_id="d", sender_id="bob", **more)


def snapshot() -> pb.MessageSnapshot:
    """Return what is shown and never merged."""
    return pb.MessageSnapshot(message_id="m", dialog_id="d", content="not to be taken", meta=EMPTY)


def test_every_kind_has_a_rule() -> None:
    payloads = {field.name for field in pb.Update.__dataclass_fields__.values()}
    kinds = {str(kind.name).lower() for kind in pb.UpdateKind if kind}
    assert kinds <= payloads
    assert len(RULES) == len(kinds)


def test_what_is_absent_stays_and_what_is_empty_empties() -> None:
    seen = picture(meta=Struct.from_dict({"k": 1}), topic_id="t", edited_by="bob", edited=True)
    merge(seen, pb.Update(message_meta_changed=pb.MessageMetaChanged(message=partial())))
    known = seen.messages["m"]
    assert (known.content, known.meta, known.topic_id) == ("old", Struct.from_dict({"k": 1}), "t")
    assert (known.edited, known.edited_by) == (True, "bob")
    emptied = partial(content="", meta=EMPTY, topic_id="", edited=False)
    merge(seen, pb.Update(message_topic_changed=pb.MessageTopicChanged(message=emptied)))
    assert (known.content, known.meta, known.topic_id) == ("", EMPTY, None)
    assert (known.edited, known.edited_by) == (False, None)


def test_a_message_known_to_be_deleted_stays_empty() -> None:
    seen = picture(deleted=True, content="")
    changed = partial(content="what it said", meta=Struct.from_dict({"k": 1}))
    merge(seen, pb.Update(message_meta_changed=pb.MessageMetaChanged(message=changed)))
    assert (seen.messages["m"].content, seen.messages["m"].meta) == ("", None)
    assert seen.messages["m"].deleted is True


def test_a_deletion_takes_away_what_was_said_and_keeps_when_it_was() -> None:
    seen = picture(meta=EMPTY, quoted_message=pb.QuotedMessage(message_id="q"))
    gone = partial(deleted=True, delete_time=NOON, deleted_by="carol")
    merge(seen, pb.Update(message_deleted=pb.MessageDeleted(message=gone)))
    merge(seen, pb.Update(message_edited=pb.MessageEdited(message=partial(deleted=True))))
    known = seen.messages["m"]
    assert (known.content, known.meta, known.quoted_message) == ("", None, None)
    assert (known.deleted, known.delete_time, known.deleted_by) == (True, NOON, "carol")


def test_a_restored_message_is_read_again_if_it_is_known() -> None:
    restored = pb.Update(message_restored=pb.MessageRestored(message=partial(deleted=False)))
    assert merge(picture(deleted=True), restored) == [ReadMessages("d", "m")]
    assert merge(Picture("alice"), restored) == []


def test_what_quotes_a_message_is_read_again_when_that_is_deleted_and_restored() -> None:
    """No update says that a quote shows its message no more, or does so again."""
    seen = picture(quoted_message=pb.QuotedMessage(message_id="q", content="what it said"))
    quoted = pb.PartialMessage(message_id="q", dialog_id="d", deleted=True)
    gone = pb.Update(message_deleted=pb.MessageDeleted(message=quoted))
    back = pb.Update(message_restored=pb.MessageRestored(message=quoted))
    assert merge(seen, gone) == [ReadMessages("d", "m")]
    assert merge(seen, back) == [ReadMessages("d", "m")]
    seen.messages["q"] = pb.Message(message_id="q", dialog_id="d")
    assert merge(seen, back) == [ReadMessages("d", "q"), ReadMessages("d", "m")]


@pytest.mark.parametrize("field", ["message_created", "message_edited"])
def test_a_text_that_may_be_cut_is_read_again_each_time_it_comes(field: str) -> None:
    payloads: dict[str, Any] = {
        "message_created": pb.MessageCreated,
        "message_edited": pb.MessageEdited,
    }
    cut = partial(content="beginning", content_may_be_cut=True, meta=EMPTY)
    update = pb.Update(**{field: payloads[field](message=cut)})
    seen = picture(content="beginning")
    for _ in range(2):
        assert merge(seen, update) == [ReadMessages("d", "m")]
    put_messages(seen, [pb.Message(message_id="m", dialog_id="d", content="beginning and end")])
    if field == "message_created":
        assert merge(seen, update) == []
    assert seen.messages["m"].content == "beginning and end"


def test_a_new_message_is_added_and_a_known_one_stays() -> None:
    created = pb.Update(
        message_created=pb.MessageCreated(message=partial(content="new", meta=EMPTY, topic_id=""))
    )
    seen = picture(content="newer")
    merge(seen, created)
    assert seen.messages["m"].content == "newer"
    last = seen.dialogs["d"].last_message
    assert last is not None
    assert (last.message_id, last.content) == ("m", "newer")
    empty = Picture("alice")
    merge(empty, created)
    assert (empty.messages["m"].content, empty.messages["m"].topic_id) == ("new", None)
    assert "create_time" in empty.untold["m"]


def test_nothing_of_a_snapshot_is_merged() -> None:
    seen = picture()
    for update in (
        pb.Update(
            message_status_changed=pb.MessageStatusChanged(
                message=snapshot(), status_counts=[pb.StatusCount(count=2)]
            )
        ),
        pb.Update(
            message_reaction_given=pb.MessageReactionGiven(
                message=snapshot(),
                user_id="alice",
                reaction="x",
                reactions=[pb.ReactionCount("x", 2), pb.ReactionCount("y", 1)],
            )
        ),
    ):
        assert merge(seen, update) == []
    known = seen.messages["m"]
    assert (known.content, known.meta) == ("old", None)
    assert known.status_counts == [pb.StatusCount(count=2)]
    assert known.reactions == [pb.Reaction("x", 2, mine=True), pb.Reaction("y", 1)]
    taken_back = pb.MessageReactionTakenBack(
        message=snapshot(), user_id="alice", reaction="x", reactions=[pb.ReactionCount("x", 1)]
    )
    merge(seen, pb.Update(message_reaction_taken_back=taken_back))
    assert known.reactions == [pb.Reaction("x", 1)]


@pytest.mark.parametrize(
    ("payload", "read"),
    [
        ({"dialog_created": pb.DialogCreated(dialog=FULL)}, []),
        ({"dialog_changed": pb.DialogChanged(dialog=FULL)}, []),
        (
            {"dialog_read": pb.DialogRead(dialog=COUNTERS, member=pb.PartialMember("alice", 0))},
            [ReadMessages("d")],
        ),
        (
            {"member_added": pb.MemberAdded(dialog=FULL, member=pb.PartialMember("bob"))},
            [ReadDialog("d")],
        ),
        ({"member_added": pb.MemberAdded(dialog=FULL, member=pb.PartialMember("alice"))}, WHOLE),
        (
            {"member_removed": pb.MemberRemoved(dialog=FULL, member=pb.PartialMember("bob"))},
            [ReadDialog("d")],
        ),
        (
            {"member_changed": pb.MemberChanged(dialog=FULL, member=pb.PartialMember("alice"))},
            [],
        ),
        (
            {"member_changed": pb.MemberChanged(dialog=COUNTERS, member=pb.PartialMember("alice"))},
            [ReadDialog("d")],
        ),
        ({"topic_created": pb.TopicCreated(dialog=FULL)}, [ReadDialog("d")]),
        ({"topic_changed": pb.TopicChanged(dialog=FULL)}, []),
        ({"typing": pb.Typing(dialog=FULL)}, []),
        ({"pack_changed": pb.PackChanged(dialog=FULL, pack=pb.PartialPack("p"))}, []),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_what_is_read_again_of_a_dialog(payload: dict[str, Any], read: list[Read]) -> None:
    assert merge(picture(), pb.Update(**payload)) == read
    assert merge(Picture("alice"), pb.Update(**payload)) == WHOLE


def test_a_dialog_keeps_what_counters_do_not_say_and_takes_what_they_do() -> None:
    seen = picture()
    counters = pb.DialogCountersChanged(dialog=COUNTERS, member=pb.PartialMember("alice", 5))
    merge(seen, pb.Update(dialog_counters_changed=counters))
    dialog = seen.dialogs["d"]
    own = dialog.membership
    assert own is not None
    assert (dialog.title, own.unread_count, own.last_seen_time) == ("old", 5, NOON)
    merge(seen, pb.Update(dialog_changed=pb.DialogChanged(dialog=FULL)))
    # A title belongs to the custom data that it came with: this one says that there is none.
    assert (dialog.meta, dialog.title, dialog.create_time) == (FULL.meta, None, NOON)
    assert own.unread_count == 5


def test_the_counters_of_others_are_not_the_users_own() -> None:
    seen = picture()
    changed = pb.MemberChanged(dialog=FULL, member=pb.PartialMember("bob", 7))
    merge(seen, pb.Update(member_changed=changed))
    own = seen.dialogs["d"].membership
    assert own is not None
    assert own.unread_count == 3


def test_a_deleted_dialog_goes_with_its_messages_and_is_not_read() -> None:
    deleted = pb.Update(dialog_deleted=pb.DialogDeleted(dialog=FULL))
    for seen in (picture(), Picture("alice")):
        assert merge(seen, deleted) == []
        assert (seen.dialogs, seen.messages) == ({}, {})


def test_a_profile_takes_what_is_present() -> None:
    seen = Picture("alice")
    named = pb.PartialUser("alice", type="user", meta=EMPTY, display_name="Alice")
    merge(seen, pb.Update(user_created=pb.UserCreated(user=named)))
    merge(seen, pb.Update(user_changed=pb.UserChanged(user=pb.PartialUser("alice", type="bot"))))
    assert seen.profile == pb.PartialUser("alice", type="bot", meta=EMPTY, display_name="Alice")
    merge(seen, pb.Update(user_changed=pb.UserChanged(user=pb.PartialUser("alice", meta=EMPTY))))
    assert seen.profile is not None
    assert seen.profile.display_name is None


def test_older_counters_do_not_replace_newer_ones() -> None:
    seen = Picture("alice")
    for version, unread in ((2, 5), (1, 4), (3, 6)):
        stats = pb.UserStats(stats_version=version, total_unread_count=unread)
        merge(seen, pb.Update(user_counters_changed=pb.UserCountersChanged(stats=stats)))
        assert seen.stats is not None
        assert seen.stats.total_unread_count == max(5, unread)


def test_a_pack_keeps_what_an_update_does_not_carry() -> None:
    seen = picture()
    for pack in (
        pb.PartialPack("p", stats=pb.PackStats(dialog_count=2), meta=EMPTY),
        pb.PartialPack("p", meta=Struct.from_dict({"k": 1})),
    ):
        merge(seen, pb.Update(pack_changed=pb.PackChanged(dialog=FULL, pack=pack)))
    assert seen.packs["p"].stats == pb.PackStats(dialog_count=2)
    assert seen.packs["p"].meta == Struct.from_dict({"k": 1})


@pytest.mark.parametrize(
    ("ids", "read"),
    [
        ({}, []),
        ({"dialog_id": "d"}, [ReadDialog("d")]),
        ({"dialog_id": "d", "message_id": "m"}, [ReadMessages("d", "m")]),
    ],
)
def test_of_something_unknown_is_read_what_it_is_about(
    ids: dict[str, str], read: list[Read]
) -> None:
    assert merge(picture(), pb.Update(unknown=EMPTY, **ids)) == read  # type: ignore[arg-type]
