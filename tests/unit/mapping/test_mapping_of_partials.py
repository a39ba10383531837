"""What updates carry: empty is told from unknown, and what is repeated is not mixed up."""

from typing import Any

import msgspec
import pytest
from mapping_made_bodies import BARE, FULL, OWN, carried, of_dialog, of_user, read
from mapping_read_bodies import message

from betterproto2_compiled import decode, encode
from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.times import to_datetime

Kind = pb.UpdateKind
BARE_FULL = {key: part for key, part in FULL.items() if key != "meta"}
NO_META = {"userId": "alice", "state": {"unreadCount": 1}}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (of_dialog("dialog.changed", dialog=BARE_FULL), "dialog"),
        (
            of_dialog("dialog.member.changed", {"updatedFields": ["member.meta"]}, member=NO_META),
            "member",
        ),
        (of_dialog("pack.changed", pack={"packId": "pck_x"}), "pack"),
        (of_user("user.changed", ["user.meta"]), "user"),
        (of_user("user.add", []), "user"),
    ],
)
def test_custom_data_left_out_because_it_is_empty_is_empty(body: dict[str, Any], part: str) -> None:
    found = getattr(carried(body), part).meta
    assert found is not None
    assert found.to_dict() == {}


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (of_dialog("message.create", dialog=BARE, member=OWN), "dialog"),
        (of_dialog("dialog.member.changed", {"updatedFields": ["member"]}, member=OWN), "member"),
        (of_dialog("dialog.topic.changed", {"entityId": "topic_x"}), "topic"),
        (of_user("message.create", ["user.stats.dialogCount"], stats={"dialogCount": 1}), "user"),
    ],
)
def test_custom_data_that_is_not_said_is_absent(body: dict[str, Any], part: str) -> None:
    assert getattr(carried(body), part).meta is None


def test_titles_and_names_stand_beside_the_custom_data_they_are_in() -> None:
    dialog = of_dialog("dialog.changed", dialog={**FULL, "meta": {"title": "Plans"}})
    assert carried(dialog).dialog.title == "Plans"
    assert carried(of_dialog("dialog.changed", dialog={**FULL, "meta": {}})).dialog.title is None
    user = of_user("user.changed", ["user.meta"], meta={"displayName": "Alice"})
    assert carried(user).user.display_name == "Alice"


def test_keys_of_this_service_are_in_no_custom_data_of_an_update() -> None:
    meta = {"chat3_key": "00", "k": 1}
    for body, part in (
        (of_dialog("dialog.changed", dialog={**FULL, "meta": meta}), "dialog"),
        (message("message.create", ["message"], meta=meta), "message"),
        (of_dialog("dialog.topic.create", topic={"topicId": "topic_x", "meta": meta}), "topic"),
        (of_dialog("pack.changed", pack={"packId": "pck_x", "meta": meta}), "pack"),
    ):
        assert getattr(carried(body), part).meta.to_dict() == {"k": 1}


def test_what_is_the_same_in_all_updates_of_a_dialog_is_told_from_what_is_not() -> None:
    """It is encoded once: neither a recipient's number nor another dialog may get into it."""
    other = {**FULL, "dialogId": "dlg_" + "o" * 20}
    changed = {**FULL, "meta": {"title": "Changed"}}
    later = {**FULL, "createdAt": "1795424681965.109619"}
    for section in (FULL, other, changed, later, FULL):
        for unread in (3, 0, None):
            stats = {} if unread is None else {"unreadCount": unread}
            found = carried(of_dialog("dialog.changed", dialog={**section, "stats": stats})).dialog
            assert found.dialog_id == section["dialogId"]
            assert found.approximate_unread_count == unread
            assert found.meta.to_dict() == section["meta"]
            assert found.title == section["meta"]["title"]
            assert found.create_time == to_datetime(section["createdAt"])


@pytest.mark.parametrize("length", [10, 5000])
def test_custom_data_of_a_dialog_with_half_a_character_arrives(length: int) -> None:
    meta = {"title": "x" * length + "@"}
    body = msgspec.json.encode(of_dialog("dialog.changed", dialog={**FULL, "meta": meta}))
    decoded = UpdateDecoder().decode(body.replace(b"@", rb"\ud83d"))
    assert decoded is not None
    update = decode(pb.Update, encode(decoded.update))
    assert update.dialog_changed is not None
    assert update.dialog_changed.dialog is not None
    assert update.dialog_changed.dialog.title == "x" * length + "?"


@pytest.mark.parametrize("meta", [[], "text", 7, True])
def test_custom_data_of_a_dialog_that_is_no_object_does_not_fit(meta: Any) -> None:
    body = of_dialog("dialog.changed", dialog={**FULL, "meta": meta})
    assert read(body).kind is Kind.UNSPECIFIED


def test_custom_data_of_a_dialog_that_is_null_is_left_out() -> None:
    whole = of_dialog("dialog.changed", dialog={**FULL, "meta": None})
    assert carried(whole).dialog.meta.to_dict() == {}
    counters = of_dialog("message.create", dialog={**BARE, "meta": None}, member=OWN)
    assert read(counters).kind is Kind.DIALOG_COUNTERS_CHANGED
    assert carried(counters).dialog.meta is None
