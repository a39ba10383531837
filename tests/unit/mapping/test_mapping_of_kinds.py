"""The kind of every update the platform was recorded to send, and of what only looks like one.

The tables name each recording: one without a kind fails here.
"""

import copy
from pathlib import Path
from typing import Any

import betterproto2
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.field_mask_pb2 import FieldMask
from mapping_made_bodies import BARE, OWN, UPDATES, of_dialog, of_user, read
from mapping_read_bodies import DIALOG, message

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping.update_labels import PATHS
from support.merging import RULES

Kind = pb.UpdateKind
COUNTERS = (
    *("total_unread_count", "unread_dialog_count", "unread_by_sender_type"),
    *("pack_unread_count", "pack_unread_by_sender_type"),
    *("stats_version", "update_time", "pack_update_time"),
)
# The kind of each, and the fields that it says have changed.
KINDS: dict[str, tuple[pb.UpdateKind, tuple[str, ...]]] = {
    "dialog__dialog_changed": (Kind.DIALOG_CHANGED, ("meta",)),
    "dialog__dialog_create": (Kind.DIALOG_CREATED, ()),
    "dialog__dialog_member_add": (Kind.MEMBER_ADDED, ()),
    "dialog__dialog_member_changed": (Kind.MEMBER_CHANGED, ("unread_count", "last_seen_time")),
    "dialog__dialog_member_remove": (Kind.MEMBER_REMOVED, ()),
    "dialog__dialog_messages_bulk_read": (Kind.DIALOG_READ, ("unread_count",)),
    "dialog__dialog_topic_create": (Kind.TOPIC_CREATED, ()),
    "dialog__dialog_typing": (Kind.TYPING, ()),
    "dialog__message_create": (Kind.DIALOG_COUNTERS_CHANGED, ("unread_count",)),
    "dialog__message_status_changed": (Kind.DIALOG_COUNTERS_CHANGED, ("unread_count",)),
    "message__message_changed": (Kind.MESSAGE_EDITED, ("content",)),
    "message__message_create": (Kind.MESSAGE_CREATED, ()),
    "message__message_create__quoted": (Kind.MESSAGE_CREATED, ()),
    "message__message_create__topic": (Kind.MESSAGE_CREATED, ()),
    "message__message_reaction_changed": (Kind.MESSAGE_REACTION_GIVEN, ("reactions",)),
    "message__message_reaction_changed__unset": (Kind.MESSAGE_REACTION_TAKEN_BACK, ("reactions",)),
    "message__message_status_changed": (Kind.MESSAGE_STATUS_CHANGED, ("status_counts",)),
    "user__dialog_member_add": (Kind.USER_COUNTERS_CHANGED, COUNTERS),
    "user__dialog_member_changed": (Kind.USER_COUNTERS_CHANGED, COUNTERS),
    "user__dialog_member_remove": (Kind.USER_COUNTERS_CHANGED, COUNTERS),
    "user__dialog_messages_bulk_read": (Kind.USER_COUNTERS_CHANGED, COUNTERS),
    "user__message_create": (Kind.USER_COUNTERS_CHANGED, COUNTERS),
    "user__message_status_changed": (Kind.USER_COUNTERS_CHANGED, COUNTERS),
    "user__user_add": (Kind.USER_CREATED, ()),
    "user__user_changed": (Kind.USER_CHANGED, ("type",)),
    "user__user_remove": (Kind.USER_DELETED, ()),
    "deleted": (Kind.MESSAGE_DELETED, ("deleted", "delete_time", "deleted_by")),
    "brought back": (Kind.MESSAGE_RESTORED, ("deleted", "delete_time", "deleted_by")),
    "edited": (Kind.MESSAGE_EDITED, ("content",)),
    "pack changed": (Kind.PACK_CHANGED, ("meta",)),
}
GIVEN = {"userId": "bob", "reaction": "x", "reactionSet": []}
STATUS = {"userId": "bob", "status": "read"}


def test_every_recording_has_a_kind() -> None:
    assert KINDS.keys() == UPDATES.keys()


@pytest.mark.parametrize("name", UPDATES)
def test_a_recorded_update_is_of_its_kind(name: str) -> None:
    update = read(UPDATES[name])
    kind, changed = KINDS[name]
    assert update.kind is kind
    assert betterproto2.which_one_of(update, "payload")[0] == str(kind.name).lower()
    assert tuple(update.updated_fields.paths if update.updated_fields else ()) == changed


@pytest.mark.parametrize("name", UPDATES)
def test_an_update_says_in_front_what_it_is_about(name: str) -> None:
    update, context = read(UPDATES[name]), UPDATES[name]["data"]["context"]
    assert update.dialog_id == context.get("dialogId")
    assert update.message_id == context.get("messageId")


def test_every_kind_has_a_payload_of_its_own_and_a_rule() -> None:
    fields = {field.name: field for field in pb.Update.__dataclass_fields__.values()}
    for kind in Kind:
        if kind:
            meta = betterproto2.FieldMetadata.get(fields[str(kind.name).lower()])
            assert meta.number == kind + 20
    assert len(RULES) == len([kind for kind in Kind if kind])


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (message("message.changed", ["message.meta"]), Kind.MESSAGE_META_CHANGED),
        (message("message.changed", ["message.topicId"]), Kind.MESSAGE_TOPIC_CHANGED),
        (of_dialog("dialog.delete"), Kind.DIALOG_DELETED),
        (of_dialog("dialog.topic.changed", {"entityId": "topic_x"}), Kind.TOPIC_CHANGED),
        (of_dialog("dialog.topic.create", topic={"topicId": "topic_y"}), Kind.TOPIC_CREATED),
    ],
)
def test_kinds_that_were_read_and_not_recorded(body: dict[str, Any], kind: pb.UpdateKind) -> None:
    assert read(body).kind is kind


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("dialog.member.add", Kind.MEMBER_ADDED),
        ("dialog.member.remove", Kind.MEMBER_REMOVED),
        ("dialog.member.changed", Kind.MEMBER_CHANGED),
        ("dialog.messages.bulk_read", Kind.DIALOG_READ),
        ("message.create", Kind.DIALOG_COUNTERS_CHANGED),
        ("message.deleted", Kind.DIALOG_COUNTERS_CHANGED),
        ("message.status.changed", Kind.DIALOG_COUNTERS_CHANGED),
        ("pack.dialog.add", Kind.DIALOG_COUNTERS_CHANGED),
        ("an.event.of.tomorrow", Kind.DIALOG_COUNTERS_CHANGED),
        # A worker that counts after these publishes counters under their names.
        ("dialog.changed", Kind.DIALOG_COUNTERS_CHANGED),
        ("dialog.typing", Kind.DIALOG_COUNTERS_CHANGED),
    ],
)
def test_counters_alone_are_of_the_kind_of_their_member_or_of_counters(
    event: str, kind: pb.UpdateKind
) -> None:
    """Whichever of the platform's two workers comes first, a member is added, gone or changed."""
    update = read(of_dialog(event, dialog=BARE, member=OWN))
    assert update.kind is kind
    _, payload = betterproto2.which_one_of(update, "payload")
    assert payload is not None
    assert payload.member == pb.PartialMember(user_id="alice", unread_count=1)
    assert payload.dialog == pb.PartialDialog(dialog_id=DIALOG, approximate_unread_count=1)


UNKNOWN = {
    "an event of a message": message("message.archived", ["message"]),
    "an update type": message("message.create", []) | {"updateType": "update.poll"},
    "two fields changed at once": message("message.changed", ["message.content", "message.meta"]),
    "nothing changed": message("message.changed", []),
    "another field changed": message("message.changed", ["message.type"]),
    "a deletion that does not say which way": message("message.deleted", ["message.deleted"]),
    "a status in a creation": message("message.create", [], statusUpdate=STATUS),
    "a reaction in a creation": message("message.create", [], reactionUpdate=GIVEN),
    "a status without one": message("message.status.changed", []),
    "a reaction without one": message("message.reaction.changed", []),
    "a status as a reaction": message("message.reaction.changed", [], statusUpdate=STATUS),
    "a reaction as a status": message("message.status.changed", [], reactionUpdate=GIVEN),
    "a status and a reaction": message(
        "message.reaction.changed", [], statusUpdate=STATUS, reactionUpdate=GIVEN
    ),
    "a reaction given and taken back": message(
        "message.reaction.changed", [], reactionUpdate={**GIVEN, "oldReaction": "y"}
    ),
    "a reaction neither given nor taken back": message(
        "message.reaction.changed", [], reactionUpdate={"userId": "bob", "reactionSet": []}
    ),
    "a message event of a dialog": of_dialog("message.create"),
    "an event of a dialog": of_dialog("dialog.archived"),
    "a member of an event of a dialog": of_dialog("dialog.archived", member=OWN),
    "a dialog event without a dialog": of_dialog("dialog.changed", dialog=None),
    "a member event without a member": of_dialog("dialog.member.add"),
    "a member event without a dialog": of_dialog("dialog.member.add", dialog=None, member=OWN),
    "typing without who types": of_dialog("dialog.typing"),
    "a topic without its id": of_dialog("dialog.topic.create"),
    "a topic with another id": of_dialog("dialog.topic.create", {"entityId": DIALOG}),
    "a pack event without a pack": of_dialog("pack.changed"),
    "counters of somebody else": of_dialog(
        "message.create", dialog=BARE, member={**OWN, "userId": "bob"}
    ),
    "all read by somebody else": of_dialog(
        "dialog.messages.bulk_read", dialog=BARE, member={**OWN, "userId": "bob"}
    ),
    "counters without a number": of_dialog("message.create", dialog=BARE, member={"userId": "a"}),
    "counters with more": of_dialog(
        "message.create", dialog=BARE, member={**OWN, "state": {"unreadCount": 1, "lastSeenAt": 1}}
    ),
    "counters with custom data": of_dialog(
        "message.create", dialog=BARE, member={**OWN, "meta": {}}
    ),
    "counters with a whole dialog": of_dialog("message.create", member=OWN),
    "counters with a dialog's time": of_dialog(
        "message.create", dialog={**BARE, "createdAt": 1}, member=OWN
    ),
    "an event of a user": of_user("user.archived", []),
    "a message event of a user": of_user("message.create", []),
    "a profile with counters": of_user("user.changed", ["user.meta"], stats={"dialogCount": 1}),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_fits_no_kind_is_forced_into_none(name: str) -> None:
    body = UNKNOWN[name]
    update = read(body)
    assert update.kind is Kind.UNSPECIFIED
    assert update.unknown is not None
    assert update.unknown.to_dict() == body["data"]
    assert update.updated_fields is None
    source = update.source
    assert source is not None
    assert (source.event_type, source.update_type) == (body["sourceEventType"], body["updateType"])
    data = body["data"]
    assert update.dialog_id == (data.get("dialog") or data["context"]).get("dialogId")


@pytest.mark.parametrize(
    ("field", "names"),
    [("updatedFields", 7), ("updatedFields", [7]), ("includedSections", {"a": 1})],
)
def test_names_that_are_none_do_not_fit(field: str, names: Any) -> None:
    body = copy.deepcopy(UPDATES["message__message_create"])
    body["data"]["context"][field] = names
    assert read(body).kind is Kind.UNSPECIFIED


def test_names_too_long_to_be_remembered_arrive() -> None:
    names = ["x" * 3000, "message.content"]
    body = copy.deepcopy(UPDATES["message__message_create"])
    body["data"]["context"]["updatedFields"] = names
    update = read(body)
    assert update.source is not None
    assert update.source.updated_fields == names
    assert update.updated_fields is not None
    assert update.updated_fields.paths == ["content"]


def test_every_path_is_a_field_of_what_the_update_carries() -> None:
    path = Path(__file__).parents[3] / "gen/python/chat3_api/descriptor.binpb"
    files = descriptor_pb2.FileDescriptorSet.FromString(path.read_bytes())
    classes = message_factory.GetMessages(files.file, pool=descriptor_pool.DescriptorPool())
    carried = {
        "message": "PartialMessage",
        "status": "MessageStatusChanged",
        "reaction": "MessageReactionGiven",
        "dialog": "PartialDialog",
        "member": "PartialMember",
        "topic": "PartialTopic",
        "pack": "PartialPack",
        "user": "PartialUser",
        "stats": "UserStats",
    }
    assert carried.keys() == {thing for thing in PATHS if thing}
    for thing, name in carried.items():
        descriptor = classes[f"chat3.user.v1.{name}"].DESCRIPTOR
        assert FieldMask(paths=[*PATHS[thing].values()]).IsValidForDescriptor(descriptor)
