"""Published updates: JSON to messages of the contract, once for all streams."""

import logging
from datetime import timedelta

import msgspec

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import status, time, user_info
from chat3_user.mapping.entities import message, topic
from chat3_user.tenant_api.models import Message
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.tokens import digest_of
from chat3_user.wire import Encoded, encode, struct

log = logging.getLogger(__name__)

_Unfit = (msgspec.DecodeError, UnicodeDecodeError, ValueError, OverflowError, RecursionError)

_decode_update = msgspec.json.Decoder(m.PublishedUpdate).decode
_decode_opaque = msgspec.json.Decoder(m.OpaqueUpdate).decode


def decode_update(body: bytes) -> DecodedUpdate | None:
    """Decode a published update.

    One that does not fit what is known of its kind keeps its data as the platform sent it. `None`,
    after logging, only for a body that does not even say whom it is for.
    """
    try:
        published = _decode_update(body)
        update = _typed(published)
        if update is not None:
            dialog = published.data.dialog or published.data.context
            return _decoded(published, update, dialog.dialog_id or "")
    except _Unfit as error:
        return _decode_as_opaque(body, error)
    return _decode_as_opaque(body, None)


def _decode_as_opaque(body: bytes, problem: Exception | None) -> DecodedUpdate | None:
    """Decode an update of an unknown kind, or one that does not fit its kind by ``problem``."""
    try:
        opaque = _decode_opaque(body)
        update = _update(opaque, pb.UpdateType.UNSPECIFIED)
        update.unknown = struct(opaque.data)
        decoded = _decoded(opaque, update, "")
    except _Unfit as error:
        log.error(  # noqa: TRY400 - the trace says no more than the text
            "update cannot be addressed", extra={"bytes": len(body), "problem": str(error)}
        )
        return None
    if problem is not None:
        extra = {"event_id": opaque.event_id, "kind": opaque.update_type, "problem": str(problem)}
        log.warning("update does not fit its kind", extra=extra)
    return decoded


def _decoded(envelope: m.Envelope, update: pb.Update, dialog_id: str) -> DecodedUpdate:
    return DecodedUpdate(
        tenant_id=envelope.tenant_id,
        user_id=envelope.user_id,
        digest=digest_of(f"{update.update_id}:{envelope.entity_id}"),
        dialog_id=dialog_id,
        type=update.type,
        update=Encoded(encode(update)),
    )


def _update(envelope: m.Envelope, kind: pb.UpdateType) -> pb.Update:
    return pb.Update(
        update_id=f"{envelope.event_id}:{envelope.update_type}",
        event_id=envelope.event_id,
        type=kind,
        source_event_type=envelope.source_event_type,
        source_update_type=envelope.update_type,
        user_id=envelope.user_id,
        entity_id=envelope.entity_id,
        create_time=time(envelope.created_at),
    )


def _typed(published: m.PublishedUpdate) -> pb.Update | None:
    """Return the typed update, or nothing for a kind the contract does not know."""
    data = published.data
    match published.update_type:
        case "update.message" if data.message is not None:
            update = _message_update(published, data.message)
        case "update.dialog" if data.typing is not None:
            update = _update(published, pb.UpdateType.TYPING)
            update.typing = _typing(data.dialog, data.typing)
        case "update.dialog" if data.member is not None:
            update = _update(published, pb.UpdateType.MEMBER)
            update.member = _member(data.dialog, data.member)
        case "update.dialog" if data.dialog is not None:
            update = _update(published, pb.UpdateType.DIALOG)
            update.dialog = pb.DialogUpdate(dialog=_summary(data.dialog), topic=topic(data.topic))
        case "update.user" if data.user is not None and data.user.stats is not None:
            update = _update(published, pb.UpdateType.USER_STATS)
            update.user_stats = pb.UserStatsUpdate(
                user=user_info(data.user), stats=_stats(data.user.stats)
            )
        case "update.user" if data.user is not None:
            update = _update(published, pb.UpdateType.USER)
            update.user = pb.UserUpdate(user=user_info(data.user))
        case _:
            return None
    update.context = _context(data.context)
    return update


def _message_update(published: m.PublishedUpdate, section: m.MessageSection) -> pb.Update:
    dialog = _summary(published.data.dialog)
    content = message(_as_message(section), published.user_id)
    if section.status_update is not None:
        change = section.status_update
        update = _update(published, pb.UpdateType.MESSAGE_STATUS)
        update.message_status = pb.MessageStatusUpdate(
            dialog=dialog,
            message=content,
            user_id=change.user_id,
            status=status(change.status),
            status_name=change.status,
            old_status=status(change.old_status or ""),
            old_status_name=change.old_status,
        )
    elif section.reaction_update is not None:
        reacted = section.reaction_update
        content.reactions = [
            pb.Reaction(reaction=row.reaction, count=row.count) for row in reacted.reaction_set
        ]
        given = reacted.reaction is not None
        update = _update(published, pb.UpdateType.MESSAGE_REACTION)
        update.message_reaction = pb.MessageReactionUpdate(
            dialog=dialog,
            message=content,
            user_id=reacted.user_id,
            action=pb.ReactionAction.SET if given else pb.ReactionAction.UNSET,
            reaction=reacted.reaction or reacted.old_reaction or "",
        )
    else:
        update = _update(published, pb.UpdateType.MESSAGE)
        update.message = pb.MessageUpdate(dialog=dialog, message=content)
    return update


def _as_message(section: m.MessageSection) -> Message:
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
    )


def _summary(section: m.DialogSection | None) -> pb.DialogSummary | None:
    if section is None:
        return None
    unread = section.stats.get("unreadCount")
    return pb.DialogSummary(
        dialog_id=section.dialog_id,
        create_time=time(section.created_at),
        meta=struct(section.meta),
        unread_count=unread if isinstance(unread, int) else None,
    )


def _member(dialog: m.DialogSection | None, member: m.MemberSection) -> pb.MemberUpdate:
    state = member.state
    return pb.MemberUpdate(
        dialog=_summary(dialog),
        user_id=member.user_id,
        unread_count=state.unread_count,
        last_seen_time=time(state.last_seen_at),
        last_message_time=time(state.last_message_at),
        meta=struct(member.meta),
    )


def _typing(dialog: m.DialogSection | None, typing: m.TypingSection) -> pb.TypingUpdate:
    return pb.TypingUpdate(
        dialog=_summary(dialog),
        user_id=typing.user_id,
        expires_in=timedelta(milliseconds=typing.expires_in_ms),
        start_time=time(typing.timestamp),
        user=user_info(typing.user_info),
    )


def _stats(stats: m.UserStats) -> pb.UserStats:
    return pb.UserStats(
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
        pb.SenderTypeCount(sender_type=row.from_type, unread_count=row.count_unread) for row in rows
    ]


def _context(context: m.Context) -> pb.UpdateContext:
    return pb.UpdateContext(
        version=context.version,
        dialog_id=context.dialog_id,
        message_id=context.message_id,
        user_id=context.user_id,
        entity_id=context.entity_id,
        included_sections=context.included_sections,
        updated_fields=context.updated_fields,
        ui_target=context.ui_target,
    )
