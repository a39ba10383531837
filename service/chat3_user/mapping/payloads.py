"""Payloads of updates: a published update's sections to the contract's message of their kind."""

from datetime import timedelta
from typing import Any, Final

from msgspec.structs import replace

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping import update_models as m
from chat3_user.mapping.basics import status, time, user_info
from chat3_user.mapping.entities import message, topic
from chat3_user.wire import builder, struct

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
_build_pack = builder(pb.Pack)
_build_pack_stats = builder(pb.PackStats)

CUT_UNITS: Final = 4096
"""Where the platform cuts the text of messages in its events, in UTF-16 code units."""

_MESSAGE: Final = frozenset(("dialog", "message"))
_TYPING: Final = frozenset(("dialog", "typing"))
_MEMBER: Final = frozenset(("dialog", "member"))
_DIALOG: Final = frozenset(("dialog", "topic", "pack"))
_USER: Final = frozenset(("user",))


Payload = tuple[pb.UpdateType, dict[str, Any], frozenset[str], bool]
"""What an update is about: its kind, and the fields of the contract's `Update` that are of it.

Then the platform's sections that went into them, and whether it has others. A plain tuple, because
one is made for every update.
"""


def payload(published: m.PublishedUpdate, *, deleted: bool | None) -> Payload | None:
    """Return an update's payload, or nothing for an unknown kind.

    ``deleted`` is whether its message is deleted, as far as known. Raises ``ValueError`` or
    ``OverflowError`` for what the contract cannot hold.
    """
    data = published.data
    fields: dict[str, Any]
    found: Payload | None
    match published.update_type:
        case "update.message" if data.message is not None:
            kind, fields = _message_update(published, data.message, deleted=deleted)
            spare = data.member or data.topic or data.typing or data.user or data.pack
            found = (kind, fields, _MESSAGE, spare is not None)
        case "update.dialog" if data.typing is not None:
            fields = {"typing": _typing(data.dialog, data.typing)}
            other = data.member or data.topic or data.message or data.user or data.pack
            found = (pb.UpdateType.TYPING, fields, _TYPING, other is not None)
        case "update.dialog" if data.member is not None:
            fields = {"member": _member(data.dialog, data.member)}
            others = data.topic or data.message or data.user or data.pack
            found = (pb.UpdateType.MEMBER, fields, _MEMBER, others is not None)
        case "update.dialog" if data.dialog is not None:
            changed = _build_dialog_update(
                dialog=_summary(data.dialog),
                topic=None if data.topic is None else topic(data.topic),
                pack=_pack(data.pack),
            )
            more = data.message or data.user
            found = (pb.UpdateType.DIALOG, {"dialog": changed}, _DIALOG, more is not None)
        case "update.user" if data.user is not None:
            kind, fields = _user_update(data.user)
            rest = data.dialog or data.member or data.topic or data.message or data.pack
            found = (kind, fields, _USER, (rest or data.typing) is not None)
        case _:
            found = None
    return found


def context(given: m.Context) -> pb.UpdateContext:
    """Return what the platform says about an update itself."""
    return _build_update_context(
        version=given.version,
        dialog_id=given.dialog_id,
        message_id=given.message_id,
        user_id=given.user_id,
        entity_id=given.entity_id,
        included_sections=given.included_sections,
        updated_fields=given.updated_fields,
        ui_target=given.ui_target,
        pack_id=given.pack_id,
    )


def may_be_cut(content: str) -> bool:
    """Return whether a text is exactly as long as the platform leaves those that it cuts."""
    if not CUT_UNITS // 2 <= len(content) <= CUT_UNITS:
        return False
    return len(content.encode("utf-16-le")) == 2 * CUT_UNITS


def _user_update(user: m.UserSection) -> tuple[pb.UpdateType, dict[str, Any]]:
    if user.stats is None:
        return pb.UpdateType.USER, {"user": _build_user_update(user=user_info(user))}
    counted = _build_user_stats_update(user=user_info(user), stats=_stats(user.stats))
    return pb.UpdateType.USER_STATS, {"user_stats": counted}


def _message_update(
    published: m.PublishedUpdate, section: m.MessageSection, *, deleted: bool | None
) -> tuple[pb.UpdateType, dict[str, Any]]:
    dialog = _summary(published.data.dialog)
    reacted = section.reaction_update
    reactions = section.reaction_set if reacted is None else reacted.reaction_set
    if reactions:
        # The set says `me` for the actor, whoever the update is for: here it is nobody's.
        rows = [m.Reaction(row.reaction, row.count) for row in reactions]
        section = replace(section, reaction_set=rows)
    if deleted is not section.deleted:
        section = replace(section, deleted=deleted)
    if section.status_update is not None:
        change = section.status_update
        changed = _build_message_status_update(
            dialog=dialog,
            message=message(section, published.user_id),
            user_id=change.user_id,
            status=status(change.status),
            status_name=change.status,
            old_status=status(change.old_status or ""),
            old_status_name=change.old_status,
        )
        return pb.UpdateType.MESSAGE_STATUS, {"message_status": changed}
    if reacted is not None:
        given = reacted.reaction is not None
        reaction = _build_message_reaction_update(
            dialog=dialog,
            message=message(section, published.user_id),
            user_id=reacted.user_id,
            action=pb.ReactionAction.SET if given else pb.ReactionAction.UNSET,
            reaction=reacted.reaction or reacted.old_reaction or "",
        )
        return pb.UpdateType.MESSAGE_REACTION, {"message_reaction": reaction}
    cut = not deleted and may_be_cut(section.content)
    content = message(section, published.user_id, content_may_be_cut=cut)
    written = _build_message_update(dialog=dialog, message=content)
    return pb.UpdateType.MESSAGE, {"message": written}


def _summary(section: m.DialogSection | None) -> pb.DialogSummary | None:
    if section is None:
        return None
    return _build_dialog_summary(
        dialog_id=section.dialog_id,
        create_time=time(section.created_at),
        meta=struct(section.meta),
        unread_count=section.stats.unread_count,
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


def _pack(pack: m.PackSection | None) -> pb.Pack | None:
    if pack is None:
        return None
    stats = pack.stats
    return _build_pack(
        pack_id=pack.pack_id,
        create_time=time(pack.created_at),
        meta=struct(pack.meta),
        stats=None
        if stats is None
        else _build_pack_stats(
            dialog_count=stats.dialog_count,
            message_count=stats.message_count,
            unique_member_count=stats.unique_member_count,
            member_count=stats.sum_member_count,
            unique_topic_count=stats.unique_topic_count,
            topic_count=stats.sum_topic_count,
            update_time=time(stats.last_updated_at),
        ),
    )
