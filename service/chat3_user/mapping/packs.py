"""Packs, as one user sees them."""

from chat3_api.chat3.user import v1 as pb
from chat3_user.mapping.basics import open_meta, time
from chat3_user.mapping.counters import by_sender_type, pack_stats
from chat3_user.mapping.entities import last_message
from chat3_user.tenant_api import models as m


def listed_pack(item: m.UserPack) -> pb.Pack:
    """Return a pack of a user's list."""
    return _pack(item, None, item.stats)


def single_pack(item: m.UserPackDetails) -> pb.Pack:
    """Return a pack with its own counters."""
    return _pack(item, pack_stats(item.stats), item.user_stats)


def pack_membership(own: m.UserPackStats) -> pb.PackMembership:
    """Return one user's counters in a pack."""
    return pb.PackMembership(
        unread_count=own.unread_count,
        unread_by_sender_type=by_sender_type(own.unread_by_sender_type),
        dialog_count=own.dialog_count,
        update_time=time(own.last_updated_at),
    )


def _pack(
    item: m.UserPack | m.UserPackDetails, stats: pb.PackStats | None, own: m.UserPackStats
) -> pb.Pack:
    newest = item.last_message
    return pb.Pack(
        pack_id=item.pack_id,
        create_time=time(item.created_at),
        meta=open_meta(item.meta),
        stats=stats,
        membership=pack_membership(own),
        last_message=None if newest is None else last_message(newest, newest.dialog_id),
        last_activity_time=time(item.last_activity_at),
    )
