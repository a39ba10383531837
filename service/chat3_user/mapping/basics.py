"""Times, statuses and users: what stands in almost every message of the contract."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.models import EDITED_AT
from chat3_user.times import to_microseconds
from chat3_user.wire import builder, encode_unix_time, struct

STATUSES: Final = {
    "unread": pb.MessageStatus.UNREAD,
    "delivered": pb.MessageStatus.DELIVERED,
    "read": pb.MessageStatus.READ,
}
STATUS_NAMES: Final = {status: name for name, status in STATUSES.items()}

OWN_KEYS: Final = "chat3_"
"""What keys of meta begin with that belong to this service."""

TITLE: Final = "title"
DISPLAY_NAME: Final = "displayName"
"""The keys of meta under which applications keep a dialog's title and a user's name."""

_build_user = builder(pb.UserInfo)


def text_under(key: str, meta: Mapping[str, Any] | None) -> str | None:
    """Return the text under a key of meta; absent when there is none, or it is no text."""
    text = meta.get(key) if meta else None
    return text if isinstance(text, str) else None


def open_meta(meta: dict[str, Any] | None) -> Struct | None:
    """Return meta without the keys that this service keeps there for itself."""
    if meta:
        # A loop, for it ends sooner than `any` begins.
        for key in meta:
            if key.startswith(OWN_KEYS):
                return struct(_without_own_keys(meta))
    return struct(meta)


def _without_own_keys(meta: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in meta.items() if not key.startswith(OWN_KEYS)}


def time(value: m.Time | None) -> datetime | None:
    """Return a time of tenant-api, encoded; absent when it is.

    Raises as `to_microseconds` does.
    """
    if value is None:
        return None
    encoded: Any = encode_unix_time(to_microseconds(value))
    return encoded  # type: ignore[no-any-return]  # a cast would be a call


def status(name: str) -> pb.MessageStatus:
    """Return the status of a name, unspecified when the contract does not know it."""
    return STATUSES.get(name, pb.MessageStatus.UNSPECIFIED)


def user_info(user: m.UserInfo | None) -> pb.UserInfo | None:
    """Return what is known about a user."""
    if user is None:
        return None
    return _build_user(
        user_id=user.user_id,
        type=user.type,
        create_time=time(user.created_at),
        meta=open_meta(user.meta),
        display_name=text_under(DISPLAY_NAME, user.meta),
    )


def edit_time(edited_at: m.Time | None, meta: Mapping[str, Any] | None) -> datetime | None:
    """Return when a message was edited: older platforms keep it in meta, as a number."""
    if edited_at is not None or not meta:
        return time(edited_at)
    edited = meta.get(EDITED_AT)
    if isinstance(edited, bool) or not isinstance(edited, int | float):
        return None
    try:
        return time(edited)
    except (OverflowError, ValueError):
        return None
