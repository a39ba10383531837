"""Packs as their tenant's back end sees them."""

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import PackMembership
from chat3_user.mapping.basics import open_meta, time
from chat3_user.mapping.counters import pack_stats
from chat3_user.mapping.packs import pack_membership
from chat3_user.tenant_api import models as m


def tenant_pack(pack: m.Pack) -> pb.Pack:
    """Return a pack, without what is anybody's own."""
    return pb.Pack(
        pack_id=pack.pack_id,
        create_time=time(pack.created_at),
        meta=open_meta(pack.meta),
        stats=pack_stats(pack.stats),
    )


def pack_dialog(row: m.PackDialog) -> pb.PackDialog:
    """Return a dialog's place in a pack."""
    return pb.PackDialog(dialog_id=row.dialog_id, add_time=time(row.added_at))


def pack_member(item: m.UserPackDetails) -> PackMembership:
    """Return one user's state in a pack."""
    return pack_membership(item.user_stats)
