"""Counters of users and packs."""

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping.basics import time
from chat3_user.tenant_api import models as m
from chat3_user.wire import builder

_build_user_stats = builder(pb.UserStats)
_build_sender_type_count = builder(pb.SenderTypeCount)
_build_pack_stats = builder(pb.PackStats)


def user_stats(stats: m.UserStats) -> pb.UserStats:
    """Return a user's counters over all dialogs."""
    return _build_user_stats(
        dialog_count=stats.dialog_count,
        unread_dialog_count=stats.unread_dialogs_count,
        total_unread_count=stats.total_unread_count,
        total_message_count=stats.total_messages_count,
        unread_by_sender_type=by_sender_type(stats.unread_by_sender_type),
        pack_unread_count=stats.packs_unread,
        pack_unread_by_sender_type=by_sender_type(stats.packs_unread_by_sender_type),
        stats_version=stats.stats_version,
        update_time=time(stats.last_updated_at),
        pack_update_time=time(stats.packs_last_updated_at),
    )


def by_sender_type(rows: list[m.SenderTypeCount]) -> list[pb.SenderTypeCount]:
    """Return numbers of unread messages by the type of their sender."""
    return [
        _build_sender_type_count(sender_type=row.from_type, unread_count=row.count_unread)
        for row in rows
    ]


def pack_stats(stats: m.PackStats) -> pb.PackStats:
    """Return a pack's counters, which are the same for every user."""
    return _build_pack_stats(
        dialog_count=stats.dialog_count,
        message_count=stats.message_count,
        unique_member_count=stats.unique_member_count,
        member_count=stats.sum_member_count,
        unique_topic_count=stats.unique_topic_count,
        topic_count=stats.sum_topic_count,
        update_time=time(stats.last_updated_at),
    )
