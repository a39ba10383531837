"""Payloads of updates of messages: what was written or changed, and what members gave to it."""

from collections.abc import Callable
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import partials, repeated
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import edit_time, open_meta, status, time
from chat3_user.mapping.partials import present
from chat3_user.tenant_api.models import EDITED_AT
from chat3_user.wire import builder

_build_partial = builder(pb.PartialMessage)
_build_snapshot = builder(pb.MessageSnapshot)
_build_count = builder(pb.ReactionCount)
_build_status = builder(pb.MessageStatusChanged)

CUT_UNITS: Final = 4096
"""Where the platform cuts the text of messages in its events, in UTF-16 code units."""

Fields = tuple[str, ...]
"""The fields that changed, as the platform names them."""


def written(
    kind: type[Any], *, cut: bool = False, with_topic: bool = False
) -> Callable[[m.PublishedUpdate, Fields], Any]:
    """Return what makes payloads of a kind that is about a message itself.

    In a ``cut`` one a text as long as those that the platform cuts may be the beginning of a longer
    one. One ``with_topic`` always says which topic the message belongs to.
    """
    build = builder(kind)

    def made(published: m.PublishedUpdate, _: Fields) -> Any:
        data = published.data
        section = present(data.message)
        parts = _parts(section, published.user_id)
        if not section.deleted:
            if parts["meta"] is None:
                parts["meta"] = {}
            parts["content_may_be_cut"] = cut and may_be_cut(section.content)
        if with_topic and section.topic_id is None:
            parts["topic_id"] = ""
        return build(dialog=partials.dialog(data.dialog), message=_build_partial(**parts))

    return made


def reacted(kind: type[Any]) -> Callable[[m.PublishedUpdate, Fields], Any]:
    """Return what makes payloads of a reaction that was given or taken back."""
    build = builder(kind)

    def made(published: m.PublishedUpdate, _: Fields) -> Any:
        data = published.data
        section = present(data.message)
        change = present(section.reaction_update)
        return build(
            dialog=partials.dialog(data.dialog),
            message=_build_snapshot(**_parts(section, published.user_id)),
            user_id=change.user_id,
            reaction=change.reaction or change.old_reaction or "",
            reactions=[
                _build_count(reaction=row.reaction, count=row.count) for row in change.reaction_set
            ],
        )

    return made


def status_changed(published: m.PublishedUpdate, _: Fields) -> pb.MessageStatusChanged:
    """Return the payload of a status that a member gave."""
    data = published.data
    section = present(data.message)
    change = present(section.status_update)
    return _build_status(
        dialog=partials.dialog(data.dialog),
        message=_build_snapshot(**_parts(section, published.user_id)),
        user_id=change.user_id,
        status=status(change.status),
        status_name=change.status,
        old_status=status(change.old_status or ""),
        old_status_name=change.old_status,
        status_counts=repeated.changed_status_counts(section.status_message_matrix),
    )


def may_be_cut(content: str) -> bool:
    """Return whether a text is exactly as long as the platform leaves those that it cuts."""
    if not CUT_UNITS // 2 <= len(content) <= CUT_UNITS:
        return False
    return len(content.encode("utf-16-le")) == 2 * CUT_UNITS


def _parts(section: m.MessageSection, user_id: str) -> dict[str, Any]:
    """Return what is known of a message, without what it said when it is deleted."""
    deleted, meta = section.deleted, section.meta
    parts: dict[str, Any] = {
        "message_id": section.message_id,
        "dialog_id": section.dialog_id,
        "sender_id": section.sender_id,
        "type": section.type,
        "mine": section.sender_id == user_id,
        "content": None if deleted else section.content,
        "meta": None if deleted else open_meta(meta),
        "topic_id": section.topic_id,
        "sender": repeated.sender(section.sender_info),
    }
    if section.topic is not None:
        parts["topic"] = partials.topic(section.topic)
    if deleted is not None:
        parts["deleted"] = deleted
        parts["delete_time"] = time(section.deleted_at)
        parts["deleted_by"] = section.deleted_by
    if section.edited is not None or section.edited_at is not None or (meta and EDITED_AT in meta):
        edited = edit_time(section.edited_at, meta)
        parts["edited"] = section.edited if edited is None else True
        parts["edit_time"] = edited
        parts["edited_by"] = section.edited_by
    return parts
