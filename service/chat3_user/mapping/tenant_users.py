"""Users as their tenant's back end sees them."""

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.mapping.basics import DISPLAY_NAME, open_meta, text_under, time
from chat3_user.mapping.counters import user_stats
from chat3_user.tenant_api import models as m
from chat3_user.wire import builder

_build_user = builder(pb.User)


def tenant_user(user: m.User) -> pb.User:
    """Return a user; custom data that the platform did not send stays absent."""
    return _build_user(
        user_id=user.user_id,
        type=user.type or "",
        create_time=time(user.created_at),
        meta=open_meta(user.meta),
        display_name=text_under(DISPLAY_NAME, user.meta),
        stats=user_stats(user.stats),
    )
