"""Deleted, edited and cut messages in updates: what is said, what is hidden, what is unknown."""

import json
from typing import Any

import betterproto2
import msgspec
import pytest
from mapping_read_bodies import BROUGHT_BACK, DELETED, EDITED, MESSAGE, message

from betterproto2_compiled import decode, encode
from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import entities
from chat3_user.mapping.deletions import Deletions, shown_json
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.tenant_api import models as m
from chat3_user.times import to_datetime

SECRET = "what it says"
EMOJI = "\N{GRINNING FACE}"


def read(decoder: UpdateDecoder, body: dict[str, Any] | bytes) -> pb.Update:
    """Return an update as a client reads it."""
    decoded = decoder.decode(body if isinstance(body, bytes) else msgspec.json.encode(body))
    assert decoded is not None
    return decode(pb.Update, encode(decoded.update))


def shown(update: pb.Update) -> Any:
    """Return what an update carries of its message."""
    _, payload = betterproto2.which_one_of(update, "payload")
    assert payload is not None
    assert payload.message is not None
    return payload.message


def saying(body: dict[str, Any], content: str) -> dict[str, Any]:
    """Return an update of a message with another text."""
    section = {**body["data"]["message"], "content": content}
    return {**body, "data": {**body["data"], "message": section}}


def at(body: dict[str, Any], second: int) -> dict[str, Any]:
    """Return an update as it is made so many seconds later."""
    return {**body, "createdAt": f"{1795424740000 + 1000 * second}.000000"}


STATUS = message(
    "message.status.changed",
    ["message.status"],
    statusUpdate={"userId": "bob", "status": "read", "oldStatus": "unread"},
)
REACTION = message(
    "message.reaction.changed",
    ["message.reaction"],
    reactionUpdate={"userId": "bob", "reaction": "x", "reactionSet": []},
)
META = message("message.changed", ["message.meta"])
MOVED = message("message.changed", ["message.topicId"])
CREATED = message("message.create", ["message"])


def test_a_deleted_message_is_emptied_and_says_when_and_by_whom() -> None:
    found = shown(read(UpdateDecoder(), DELETED))
    assert (found.content, found.meta) == (None, None)
    assert (found.deleted, found.deleted_by) == (True, "carol")
    assert found.delete_time == to_datetime(1795424739000.5)
    assert found.sender is not None


def test_one_that_is_brought_back_says_so_and_what_it_says() -> None:
    found = shown(read(UpdateDecoder(), BROUGHT_BACK))
    assert (found.deleted, found.delete_time, found.deleted_by) == (False, None, None)
    assert found.content == SECRET


@pytest.mark.parametrize("body", [CREATED, META, STATUS, REACTION])
def test_what_an_update_does_not_say_is_unknown(body: dict[str, Any]) -> None:
    found = shown(read(UpdateDecoder(), body))
    assert (found.deleted, found.edited) == (None, None)
    assert found.content == SECRET


@pytest.mark.parametrize("body", [CREATED, META, STATUS, REACTION, EDITED])
def test_an_update_of_a_message_known_to_be_deleted_is_emptied_too(body: dict[str, Any]) -> None:
    decoder = UpdateDecoder()
    read(decoder, DELETED)
    update = read(decoder, body)
    assert shown(update).deleted is True
    assert SECRET not in json.dumps(update.to_dict())
    other = {**body, "tenantId": "another"}
    assert shown(read(decoder, other)).content == SECRET
    read(decoder, at(BROUGHT_BACK, 1))
    assert shown(read(decoder, body)).content == SECRET


def test_the_newest_known_state_counts_whatever_is_read_later() -> None:
    decoder = UpdateDecoder()
    read(decoder, at(BROUGHT_BACK, 1))
    assert shown(read(decoder, at(DELETED, 2))).deleted is True
    # Read once more from the log, for somebody else.
    old = read(decoder, at(BROUGHT_BACK, 1))
    assert old.kind is pb.UpdateKind.MESSAGE_RESTORED
    assert (shown(old).deleted, shown(old).content) == (True, None)
    assert shown(read(decoder, META)).deleted is True
    assert shown(read(decoder, at(BROUGHT_BACK, 3))).deleted is False
    # A deletion says what it said; what follows it in the log says that it was taken back.
    again = read(decoder, at(DELETED, 2))
    assert again.kind is pb.UpdateKind.MESSAGE_DELETED
    assert (shown(again).deleted, shown(again).content) == (True, None)
    assert shown(read(decoder, META)).deleted is None


def test_the_memory_of_deletions_is_bounded_and_keeps_the_newest() -> None:
    deletions = Deletions(kept=2)
    for number in range(4):
        deletions.judge("t", f"m{number}", said=True, at=number)
    known = [deletions.judge("t", f"m{number}", said=None, at=9) for number in range(4)]
    assert known == [None, None, True, True]
    deletions.judge("t", "m2", said=True, at=10)
    deletions.judge("t", "m4", said=True, at=11)
    assert deletions.judge("t", "m2", said=None, at=12) is True
    assert deletions.judge("t", "m3", said=None, at=12) is None


def test_a_message_that_was_never_deleted_takes_no_memory() -> None:
    deletions = Deletions(kept=1)
    deletions.judge("t", "deleted", said=True, at=1)
    for number in range(3):
        assert deletions.judge("t", f"m{number}", said=False, at=2) is False
    assert deletions.judge("t", "deleted", said=None, at=3) is True


@pytest.mark.parametrize(
    "news",
    [
        {"contentHtml": SECRET},
        {"senderInfo": {"userId": "bob", "later": SECRET}},
        {"content": 7, "text": SECRET},
        {"deleted": "yes"},
        {"quotedMessage": {"messageId": MESSAGE, "content": SECRET, "later": SECRET}},
    ],
)
def test_nothing_unknown_carries_the_text_of_a_deleted_message(news: dict[str, Any]) -> None:
    body = {**DELETED, "data": {**DELETED["data"]}}
    body["data"]["message"] = {**body["data"]["message"], **news}
    assert SECRET not in json.dumps(read(UpdateDecoder(), body).to_dict())


def test_an_unknown_kind_shows_no_deleted_message_and_all_else() -> None:
    gone = {"messageId": "m", "content": SECRET, "later": SECRET, "deleted": True, "type": "t"}
    kept = {"messageId": "n", "content": "shown", "deleted": False}
    data = {"poll": {"deleted": True, "text": "no message"}, "last": [gone, kept]}
    body = {**CREATED, "updateType": "update.poll", "data": data}
    update = read(UpdateDecoder(), body)
    assert update.unknown is not None
    left = {"messageId": "m", "deleted": True, "type": "t"}
    assert update.unknown.to_dict() == {"poll": data["poll"], "last": [left, kept]}
    assert shown_json(data, lambda _: False) == update.unknown.to_dict()


@pytest.mark.parametrize(
    ("more", "edited", "when"),
    [
        ({"edited": True, "editedAt": 1795424739000.5}, True, 1795424739000.5),
        ({"edited": True, "editedAt": "1795424739000.5"}, True, 1795424739000.5),
        ({"meta": {"editedAt": 1795424739000.5}}, True, 1795424739000.5),
        ({"edited": True, "editedAt": 2000.0, "meta": {"editedAt": 1000.0}}, True, 2000.0),
        ({"edited": False, "meta": {"editedAt": 1000.0}}, True, 1000.0),
        ({"edited": False}, False, None),
        ({}, None, None),
        ({"meta": {"editedAt": "yesterday"}}, None, None),
    ],
)
def test_when_a_message_was_edited(
    more: dict[str, Any], *, edited: bool, when: float | None
) -> None:
    found = shown(read(UpdateDecoder(), message("message.changed", ["message.content"], **more)))
    assert found.edited is edited
    assert found.edit_time == (None if when is None else to_datetime(when))
    answer = msgspec.convert(
        {"messageId": "m", "dialogId": "d", "senderId": "s", "type": "t", **more}, m.Message
    )
    row = decode(pb.Message, encode(entities.message(answer, "s")))
    assert (row.edited, row.deleted) == (bool(edited), False)
    assert row.edit_time == found.edit_time


@pytest.mark.parametrize("body", [CREATED, EDITED, META, MOVED])
def test_custom_data_left_out_because_it_is_empty_is_empty(body: dict[str, Any]) -> None:
    section = {key: part for key, part in body["data"]["message"].items() if key != "meta"}
    bare = {**body, "data": {**body["data"], "message": section}}
    found = shown(read(UpdateDecoder(), bare))
    assert found.meta is not None
    assert found.meta.to_dict() == {}
    assert found.content == SECRET


def test_custom_data_that_marks_do_not_carry_is_unknown() -> None:
    section = {key: part for key, part in REACTION["data"]["message"].items() if key != "meta"}
    bare = {**REACTION, "data": {**REACTION["data"], "message": section}}
    assert shown(read(UpdateDecoder(), bare)).meta is None


@pytest.mark.parametrize(
    ("body", "topic_id"), [(CREATED, ""), (MOVED, ""), (EDITED, None), (META, None)]
)
def test_no_topic_is_told_from_a_topic_that_is_not_said(
    body: dict[str, Any], topic_id: str | None
) -> None:
    assert shown(read(UpdateDecoder(), body)).topic_id == topic_id


def test_who_edited_a_message() -> None:
    assert shown(read(UpdateDecoder(), EDITED)).edited_by == "carol"


@pytest.mark.parametrize(
    ("content", "cut"),
    [
        ("x" * 4096, True),
        ("x" * 4095, False),
        ("x" * 4097, False),
        (EMOJI * 2048, True),
        (EMOJI * 2047 + "x", False),
        (EMOJI * 2047 + "xx", True),
        ("x" + EMOJI * 2047 + "\ufffd", True),
        (EMOJI * 2049, False),
        ("", False),
    ],
)
@pytest.mark.parametrize("body", [CREATED, EDITED, BROUGHT_BACK])
def test_a_text_as_long_as_those_that_are_cut_is_marked(
    content: str, *, cut: bool, body: dict[str, Any]
) -> None:
    found = shown(read(UpdateDecoder(), saying(body, content)))
    assert (found.content, found.content_may_be_cut) == (content, cut)


@pytest.mark.parametrize("body", [META, MOVED])
def test_changes_of_meta_and_topic_come_with_the_whole_text(body: dict[str, Any]) -> None:
    found = shown(read(UpdateDecoder(), saying(body, "x" * 4096)))
    assert (found.content, found.content_may_be_cut) == ("x" * 4096, False)


@pytest.mark.parametrize("body", [STATUS, REACTION])
def test_statuses_and_reactions_come_with_a_snapshot(body: dict[str, Any]) -> None:
    found = shown(read(UpdateDecoder(), body))
    assert isinstance(found, pb.MessageSnapshot)
    assert (found.content, found.meta.to_dict()) == (SECRET, {"k": "v"})


def test_a_deleted_message_is_not_cut_but_empty() -> None:
    body = message("message.deleted", [], content="x" * 4096, deleted=True)
    found = shown(read(UpdateDecoder(), body))
    assert (found.content, found.content_may_be_cut) == (None, False)


def test_a_text_cut_within_a_character_arrives() -> None:
    raw = msgspec.json.encode(message("message.create", ["message"], content="x" * 4095 + "@"))
    found = shown(read(UpdateDecoder(), raw.replace(b"@", rb"\ud83d")))
    assert (found.content, found.content_may_be_cut) == ("x" * 4095 + "?", True)
