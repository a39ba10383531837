"""Dialogs as their tenant's back end sees them."""

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.mapping.basics import TITLE, open_meta, text_under, time
from chat3_user.tenant_api import models as m
from chat3_user.wire import builder

_build_dialog = builder(pb.Dialog)


def tenant_dialog(dialog: m.Dialog) -> pb.Dialog:
    """Return a dialog, without what is anybody's own."""
    stats = dialog.stats
    return _build_dialog(
        dialog_id=dialog.dialog_id,
        create_time=time(dialog.created_at),
        meta=open_meta(dialog.meta),
        title=text_under(TITLE, dialog.meta),
        member_count=stats.member_count,
        message_count=stats.message_count,
        topic_count=stats.topic_count,
    )
