"""What the platform was recorded to answer, mapped entity by entity."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from betterproto2_compiled import decode, encode
from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import entities
from chat3_user.tenant_api import models as m
from chat3_user.times import to_datetime

RECORDED = Path(__file__).parents[2] / "contract" / "recorded"


def recorded(name: str) -> Any:
    return json.loads((RECORDED / f"{name}.json").read_text())["response"]


def decoded(kind: Any, document: Any) -> Any:
    return msgspec.json.decode(json.dumps(document).encode(), type=kind)


def seen(cls: Any, encoded: Any) -> Any:
    """Return an encoded message as a client reads it."""
    return decode(cls, encode(encoded))


def at(document: dict[str, Any], key: str) -> datetime | None:
    return to_datetime(document[key]) if document.get(key) is not None else None


def plain(struct: Any) -> Any:
    return None if struct is None else struct.to_dict()


def check_user(user: pb.UserInfo | None, source: dict[str, Any] | None) -> None:
    if source is None:
        assert user is None
        return
    assert user is not None
    assert user.user_id == source["userId"]
    assert user.type == source.get("type")
    assert user.create_time == at(source, "createdAt")
    assert plain(user.meta) == source.get("meta")


def check_message(message: pb.Message, source: dict[str, Any]) -> None:
    assert message.message_id == source["messageId"]
    assert message.dialog_id == source["dialogId"]
    assert message.sender_id == source["senderId"]
    assert message.type == source["type"]
    assert message.content == source["content"]
    assert plain(message.meta) == source.get("meta")
    assert message.create_time == at(source, "createdAt")
    edited = source.get("meta", {}).get("editedAt")
    assert message.edit_time == (None if edited is None else to_datetime(edited))
    assert message.topic_id == source.get("topicId")
    assert (message.topic is None) is ("topic" not in source)
    if message.topic is not None:
        assert message.topic.topic_id == source["topic"]["topicId"]
        assert plain(message.topic.meta) == source["topic"].get("meta")
    check_user(message.sender, source.get("senderInfo"))
    assert [(row.status_name, row.user_type, row.count) for row in message.status_counts] == [
        (row["status"], row.get("userType"), row["count"])
        for row in source.get("statusMessageMatrix", ())
    ]
    assert [(row.reaction, row.count, row.mine) for row in message.reactions] == [
        (row["reaction"], row["count"], row["me"]) for row in source.get("reactionSet", ())
    ]
    quoted = source.get("quotedMessage")
    assert (message.quoted_message is None) is (quoted is None)
    if message.quoted_message is not None:
        assert message.quoted_message.message_id == quoted["messageId"]
        assert message.quoted_message.dialog_id == quoted.get("dialogId", "")
        assert message.quoted_message.sender_id == quoted["senderId"]
        assert message.quoted_message.content == quoted["content"]
        assert message.quoted_message.type == quoted["type"]
        assert plain(message.quoted_message.meta) == quoted.get("meta")
        assert message.quoted_message.create_time == at(quoted, "createdAt")
        check_user(message.quoted_message.sender, quoted.get("senderInfo"))


@pytest.mark.parametrize(
    "name",
    [
        *("user_messages", "m_meta", "m_quoted", "m_status", "m_type_ne", "m_regex", "m_p99"),
        *("dialog_messages", "messages_list"),
    ],
)
def test_pages_of_messages(name: str) -> None:
    document = recorded(name)
    page = decoded(m.Page[m.Message], document)
    assert len(page.data) == len(document["data"])
    for item, source in zip(page.data, document["data"], strict=True):
        check_message(seen(pb.Message, entities.message(item, "alice")), source)
    assert msgspec.to_builtins(page.pagination) == document["pagination"]


@pytest.mark.parametrize(
    "name",
    [
        *("message_create", "message_create_quote", "message_create_topic", "message_create_image"),
        *("message_create_system", "message_create_metavals", "message_create_unknownsender"),
        *("user_message", "user_message_with_reactions", "user_message_quote_get", "message_get"),
    ],
)
def test_single_messages(name: str) -> None:
    document = recorded(name)["data"]
    item = decoded(m.Data[m.Message], {"data": document}).data
    message = seen(pb.Message, entities.message(item, document["senderId"]))
    assert message.mine
    assert not seen(pb.Message, entities.message(item, "somebody else")).mine
    check_message(message, document)


@pytest.mark.parametrize("name", ["user_dialogs", "user_dialogs_last", "f_all", "f_limit100"])
def test_pages_of_dialogs(name: str) -> None:
    document = recorded(name)
    page = decoded(m.Page[m.UserDialog], document)
    assert page.data
    for item, source in zip(page.data, document["data"], strict=True):
        dialog = seen(pb.Dialog, entities.dialog(item, with_last_message=True))
        context = source["context"]
        assert dialog.dialog_id == source["dialogId"]
        assert dialog.member_count == source["membersCount"]
        assert dialog.last_interaction_time == at(source, "lastInteractionAt")
        assert plain(dialog.meta) == source["meta"]
        assert dialog.stats is not None
        assert dialog.stats.topic_count == source["stats"]["topicCount"]
        assert dialog.stats.message_count == source["stats"]["messageCount"]
        assert dialog.membership is not None
        assert dialog.membership.user_id == context["userId"]
        assert dialog.membership.unread_count == context["unreadCount"]
        assert dialog.membership.last_seen_time == at(context, "lastSeenAt")
        assert dialog.membership.last_message_time == at(context, "lastMessageAt")
        assert dialog.membership.join_time == at(context, "joinedAt")
        last = source.get("lastMessage")
        assert (dialog.last_message is None) is (last is None)
        if dialog.last_message is not None:
            assert dialog.last_message.message_id == last["messageId"]
            assert dialog.last_message.content == last["content"]
            assert dialog.last_message.sender_id == last["senderId"]
            assert dialog.last_message.type == last["type"]
            assert dialog.last_message.create_time == at(last, "createdAt")
            check_user(dialog.last_message.sender, last.get("senderInfo"))
        assert seen(pb.Dialog, entities.dialog(item, with_last_message=False)).last_message is None


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("status_read", pb.MessageStatus.READ),
        ("status_delivered", pb.MessageStatus.DELIVERED),
        ("status_unread", pb.MessageStatus.UNREAD),
    ],
)
def test_status_records(name: str, status: pb.MessageStatus) -> None:
    document = recorded(name)["data"]
    record = seen(
        pb.MessageStatusRecord,
        entities.status_record(
            decoded(m.Data[m.StatusRecord], {"data": document}).data, document["dialogId"]
        ),
    )
    assert record.status is status
    assert record.status_name == document["status"]
    assert record.message_id == document["messageId"]
    assert record.dialog_id == document["dialogId"]
    assert record.user_id == document["userId"]
    assert record.user_type == document["userType"]
    assert record.create_time == to_datetime(document["createdAt"])


@pytest.mark.parametrize("edited", [None, True, "1795424735959.5", [], 1e300])
def test_an_edit_time_that_is_none_is_absent_and_stays_in_meta(edited: Any) -> None:
    item = m.Message("m", "d", "a", "internal.text", meta={"editedAt": edited})
    message = seen(pb.Message, entities.message(item, "a"))
    assert message.edit_time is None
    assert plain(message.meta) == {"editedAt": edited}


def test_keys_of_this_service_are_taken_out_of_meta_and_of_quotations() -> None:
    meta = {"chat3_key": "00", "k": 1}
    quoted = m.QuotedMessage("q", meta=meta)
    item = m.Message("m", "d", "a", "internal.text", meta=meta, quoted_message=quoted)
    message = seen(pb.Message, entities.message(item, "a"))
    assert message.quoted_message is not None
    assert plain(message.meta) == plain(message.quoted_message.meta) == {"k": 1}
    assert meta == {"chat3_key": "00", "k": 1}
