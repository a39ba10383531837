"""Dialogs, messages and users: models of tenant-api to messages of the contract."""

from typing import Any

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import repeated
from chat3_user.mapping.basics import (
    TITLE,
    edit_time,
    open_meta,
    status,
    text_under,
    time,
    user_info,
)
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.models import EDITED_AT
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.wire import builder

_build_dialog = builder(pb.Dialog)
_build_dialog_membership = builder(pb.DialogMembership)
_build_dialog_stats = builder(pb.DialogStats)
_build_last_message = builder(pb.LastMessage)
_build_message = builder(pb.Message)
_build_reaction = builder(pb.Reaction)
_build_topic = builder(pb.Topic)
_build_message_status_record = builder(pb.MessageStatusRecord)
_build_quoted_message = builder(pb.QuotedMessage)

_UNCHANGED: dict[str, Any] = {}


def dialog(item: m.UserDialog, *, with_last_message: bool) -> pb.Dialog:
    """Return a dialog of a user's list."""
    stats = item.stats
    return _build_dialog(
        dialog_id=item.dialog_id,
        membership=membership(item.context),
        member_count=item.members_count,
        last_interaction_time=time(item.last_interaction_at),
        meta=open_meta(item.meta),
        stats=_build_dialog_stats(
            topic_count=stats.topic_count,
            message_count=stats.message_count,
        ),
        last_message=(
            last_message(item.last_message, item.dialog_id) if with_last_message else None
        ),
        create_time=time(item.created_at),
        title=text_under(TITLE, item.meta),
    )


def membership(state: m.DialogContext) -> pb.DialogMembership:
    """Return a user's state in a dialog."""
    return _build_dialog_membership(
        user_id=state.user_id,
        unread_count=state.unread_count,
        last_seen_time=time(state.last_seen_at),
        last_message_time=time(state.last_message_at),
        join_time=time(state.joined_at),
    )


def last_message(message: m.LastMessage | None, dialog_id: str) -> pb.LastMessage | None:
    """Return the short form of the newest message of a dialog."""
    if message is None:
        return None
    return _build_last_message(
        message_id=message.message_id,
        content="" if message.deleted else message.content,
        sender_id=message.sender_id,
        type=message.type,
        create_time=time(message.created_at),
        sender=user_info(message.sender_info),
        deleted=message.deleted,
        delete_time=time(message.deleted_at),
        deleted_by=message.deleted_by,
        dialog_id=dialog_id,
    )


def message(item: m.Message, user_id: str) -> pb.Message:
    """Return a message as ``user_id`` sees it: without what it said when it is deleted."""
    meta: Any = item.meta
    content, quoted, edited = item.content, item.quoted_message, item.edited
    changes: dict[str, Any] = _UNCHANGED
    if item.deleted or edited or (meta and EDITED_AT in meta):
        changes = _changes(item)
        edited = edited or "edit_time" in changes
        if item.deleted:
            content, meta, quoted = "", None, None
    return _build_message(
        message_id=item.message_id,
        dialog_id=item.dialog_id,
        sender_id=item.sender_id,
        type=item.type,
        mine=item.sender_id == user_id,
        content=content,
        meta=open_meta(meta) if meta and SEND_KEY in meta else meta,
        create_time=time(item.created_at),
        topic_id=item.topic_id,
        topic=None if item.topic is None else topic(item.topic, item.dialog_id),
        quoted_message=None if quoted is None else _quoted(quoted),
        sender=repeated.sender(item.sender_info),
        status_counts=repeated.status_counts(item.status_message_matrix),
        reactions=[
            _build_reaction(reaction=row.reaction, count=row.count, mine=row.me)
            for row in item.reaction_set
        ]
        if item.reaction_set
        else [],
        edited=edited,
        deleted=item.deleted,
        **changes,
    )


def _changes(item: m.Message) -> dict[str, Any]:
    """Return the fields that say when and by whom a message was deleted or edited."""
    changes: dict[str, Any] = {}
    if item.deleted:
        changes["delete_time"] = time(item.deleted_at)
        changes["deleted_by"] = item.deleted_by
    edited = edit_time(item.edited_at, item.meta)
    if edited is not None:
        changes["edit_time"] = edited
    if item.edited_by is not None:
        changes["edited_by"] = item.edited_by
    return changes


def topic(item: m.Topic, dialog_id: str = "") -> pb.Topic:
    """Return a topic, of the dialog ``dialog_id`` where the platform does not say it."""
    return _build_topic(
        topic_id=item.topic_id,
        meta=open_meta(item.meta),
        dialog_id=item.dialog_id or dialog_id,
        create_time=time(item.created_at),
        unread_count=item.unread_count,
    )


def message_version(item: m.MessageVersion) -> pb.MessageVersion:
    """Return a text that a message had."""
    return pb.MessageVersion(
        version=item.version_index,
        content=item.content,
        edited_by=item.edited_by,
        edit_time=time(item.created_at),
    )


def member(item: m.Member) -> pb.DialogMember:
    """Return a member of a dialog."""
    return pb.DialogMember(
        user_id=item.user_id, join_time=time(item.created_at), meta=open_meta(item.meta)
    )


def status_record(record: m.StatusRecord, dialog_id: str) -> pb.MessageStatusRecord:
    """Return an entry of a message's status history."""
    return _build_message_status_record(
        message_id=record.message_id,
        dialog_id=record.dialog_id or dialog_id,
        user_id=record.user_id,
        user_type=record.user_type,
        status=status(record.status),
        status_name=record.status,
        create_time=time(record.created_at),
    )


def _quoted(item: m.QuotedMessage) -> pb.QuotedMessage:
    return _build_quoted_message(
        message_id=item.message_id,
        dialog_id=item.dialog_id,
        sender_id=item.sender_id,
        type=item.type,
        content="" if item.deleted else item.content,
        meta=None if item.deleted else open_meta(item.meta),
        create_time=time(item.created_at),
        sender=user_info(item.sender_info),
        deleted=bool(item.deleted),
        delete_time=time(item.deleted_at),
        deleted_by=item.deleted_by,
    )
