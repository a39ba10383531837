"""Published updates: JSON to messages of the contract, once for all streams."""

import logging
from datetime import timedelta
from typing import Any

import msgspec

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import status, time, user_info
from chat3_user.mapping.entities import message, topic
from chat3_user.tenant_api.models import Message, Reaction
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.tokens import digest_of
from chat3_user.wire import builder, struct

log = logging.getLogger(__name__)

_Unfit = (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, RecursionError)

_build_update = builder(pb.Update)
_build_dialog_update = builder(pb.DialogUpdate)
_build_user_stats_update = builder(pb.UserStatsUpdate)
_build_user_update = builder(pb.UserUpdate)
_build_message_status_update = builder(pb.MessageStatusUpdate)
_build_message_reaction_update = builder(pb.MessageReactionUpdate)
_build_message_update = builder(pb.MessageUpdate)
_build_dialog_summary = builder(pb.DialogSummary)
_build_member_update = builder(pb.MemberUpdate)
_build_typing_update = builder(pb.TypingUpdate)
_build_user_stats = builder(pb.UserStats)
_build_sender_type_count = builder(pb.SenderTypeCount)
_build_update_context = builder(pb.UpdateContext)

_Payload = dict[str, Any]
"""Fields of the contract's `Update` that are of its kind."""

_decode_update = msgspec.json.Decoder(m.PublishedUpdate).decode
_decode_opaque = msgspec.json.Decoder(m.OpaqueUpdate).decode


def decode_update(body: bytes) -> DecodedUpdate | None:
    """Decode a published update.

    One that does not fit what is known of its kind keeps its data as the platform sent it. `None`,
    after logging, only for a body that does not even say whom it is for.
    """
    try:
        published = _decode_update(body)
        typed = _typed(published)
        if typed is not None:
            kind, payload = typed
            data = published.data
            dialog = data.dialog or data.context
            payload["context"] = _context(data.context)
            return _decoded(published, kind, dialog.dialog_id or "", payload)
    except _Unfit as error:
        return _decode_as_opaque(body, error)
    return _decode_as_opaque(body, None)


def _decode_as_opaque(body: bytes, problem: Exception | None) -> DecodedUpdate | None:
    """Decode an update of an unknown kind, or one that does not fit its kind by ``problem``."""
    try:
        opaque = _decode_opaque(body)
        decoded = _decoded(opaque, pb.UpdateType.UNSPECIFIED, "", {"unknown": struct(opaque.data)})
    except _Unfit as error:
        log.error(  # noqa: TRY400 - the trace says no more than the text
            "update cannot be addressed", extra={"bytes": len(body), "problem": str(error)}
        )
        return None
    if problem is not None:
        extra = {"event_id": opaque.event_id, "kind": opaque.update_type, "problem": str(problem)}
        log.warning("update does not fit its kind", extra=extra)
    return decoded


def _decoded(
    envelope: m.Envelope, kind: pb.UpdateType, dialog_id: str, payload: _Payload
) -> DecodedUpdate:
    update_id = f"{envelope.event_id}:{envelope.update_type}"
    update = _build_update(
        update_id=update_id,
        event_id=envelope.event_id,
        type=kind,
        source_event_type=envelope.source_event_type,
        source_update_type=envelope.update_type,
        user_id=envelope.user_id,
        entity_id=envelope.entity_id,
        create_time=time(envelope.created_at),
        **payload,
    )
    return DecodedUpdate(
        tenant_id=envelope.tenant_id,
        user_id=envelope.user_id,
        digest=digest_of(f"{update_id}:{envelope.entity_id}"),
        dialog_id=dialog_id,
        type=kind,
        update=update,
    )


def _typed(published: m.PublishedUpdate) -> tuple[pb.UpdateType, _Payload] | None:
    """Return an update's kind and its payload by field, or nothing for an unknown kind."""
    data = published.data
    found: tuple[pb.UpdateType, _Payload] | None
    match published.update_type:
        case "update.message" if data.message is not None:
            found = _message_update(published, data.message)
        case "update.dialog" if data.typing is not None:
            found = pb.UpdateType.TYPING, {"typing": _typing(data.dialog, data.typing)}
        case "update.dialog" if data.member is not None:
            found = pb.UpdateType.MEMBER, {"member": _member(data.dialog, data.member)}
        case "update.dialog" if data.dialog is not None:
            changed = _build_dialog_update(dialog=_summary(data.dialog), topic=topic(data.topic))
            found = pb.UpdateType.DIALOG, {"dialog": changed}
        case "update.user" if data.user is not None and data.user.stats is not None:
            counted = _build_user_stats_update(
                user=user_info(data.user), stats=_stats(data.user.stats)
            )
            found = pb.UpdateType.USER_STATS, {"user_stats": counted}
        case "update.user" if data.user is not None:
            found = pb.UpdateType.USER, {"user": _build_user_update(user=user_info(data.user))}
        case _:
            found = None
    return found


def _message_update(
    published: m.PublishedUpdate, section: m.MessageSection
) -> tuple[pb.UpdateType, _Payload]:
    dialog = _summary(published.data.dialog)
    content = message(_as_message(section), published.user_id)
    if section.status_update is not None:
        change = section.status_update
        changed = _build_message_status_update(
            dialog=dialog,
            message=content,
            user_id=change.user_id,
            status=status(change.status),
            status_name=change.status,
            old_status=status(change.old_status or ""),
            old_status_name=change.old_status,
        )
        return pb.UpdateType.MESSAGE_STATUS, {"message_status": changed}
    if section.reaction_update is not None:
        reacted = section.reaction_update
        given = reacted.reaction is not None
        reaction = _build_message_reaction_update(
            dialog=dialog,
            message=content,
            user_id=reacted.user_id,
            action=pb.ReactionAction.SET if given else pb.ReactionAction.UNSET,
            reaction=reacted.reaction or reacted.old_reaction or "",
        )
        return pb.UpdateType.MESSAGE_REACTION, {"message_reaction": reaction}
    written = _build_message_update(dialog=dialog, message=content)
    return pb.UpdateType.MESSAGE, {"message": written}


def _as_message(section: m.MessageSection) -> Message:
    # The set says `me` for the actor, whoever the update is for: here it is nobody's.
    reacted = section.reaction_update
    return Message(
        message_id=section.message_id,
        dialog_id=section.dialog_id,
        sender_id=section.sender_id,
        type=section.type,
        content=section.content,
        created_at=section.created_at,
        meta=section.meta,
        topic_id=section.topic_id,
        topic=section.topic,
        sender_info=section.sender_info,
        status_message_matrix=section.status_message_matrix,
        reaction_set=[Reaction(row.reaction, row.count) for row in reacted.reaction_set]
        if reacted is not None
        else [],
    )


def _summary(section: m.DialogSection | None) -> pb.DialogSummary | None:
    if section is None:
        return None
    unread = section.stats.get("unreadCount")
    return _build_dialog_summary(
        dialog_id=section.dialog_id,
        create_time=time(section.created_at),
        meta=struct(section.meta),
        unread_count=unread if isinstance(unread, int) else None,
    )


def _member(dialog: m.DialogSection | None, member: m.MemberSection) -> pb.MemberUpdate:
    state = member.state
    return _build_member_update(
        dialog=_summary(dialog),
        user_id=member.user_id,
        unread_count=state.unread_count,
        last_seen_time=time(state.last_seen_at),
        last_message_time=time(state.last_message_at),
        meta=struct(member.meta),
    )


def _typing(dialog: m.DialogSection | None, typing: m.TypingSection) -> pb.TypingUpdate:
    return _build_typing_update(
        dialog=_summary(dialog),
        user_id=typing.user_id,
        expires_in=timedelta(milliseconds=typing.expires_in_ms),
        start_time=time(typing.timestamp),
        user=user_info(typing.user_info),
    )


def _stats(stats: m.UserStats) -> pb.UserStats:
    return _build_user_stats(
        dialog_count=stats.dialog_count,
        unread_dialog_count=stats.unread_dialogs_count,
        total_unread_count=stats.total_unread_count,
        total_message_count=stats.total_messages_count,
        unread_by_sender_type=_by_sender_type(stats.unread_by_sender_type),
        pack_unread_count=stats.packs_unread,
        pack_unread_by_sender_type=_by_sender_type(stats.packs_unread_by_sender_type),
        stats_version=stats.stats_version,
        update_time=time(stats.last_updated_at),
        pack_update_time=time(stats.packs_last_updated_at),
    )


def _by_sender_type(rows: list[m.SenderTypeCount]) -> list[pb.SenderTypeCount]:
    return [
        _build_sender_type_count(sender_type=row.from_type, unread_count=row.count_unread)
        for row in rows
    ]


def _context(context: m.Context) -> pb.UpdateContext:
    return _build_update_context(
        version=context.version,
        dialog_id=context.dialog_id,
        message_id=context.message_id,
        user_id=context.user_id,
        entity_id=context.entity_id,
        included_sections=context.included_sections,
        updated_fields=context.updated_fields,
        ui_target=context.ui_target,
    )
