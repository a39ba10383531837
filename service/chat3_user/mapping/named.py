"""What a published update names: read again, for its trace, where that is sampled."""

import msgspec

from chat3_user.telemetry import Named
from chat3_user.tenant_api.models import Model


class _Ids(Model, frozen=True):
    dialog_id: str = ""
    message_id: str = ""


class _Data(Model, frozen=True):
    dialog: _Ids | None = None
    message: _Ids | None = None
    context: _Ids | None = None


class _Update(Model, frozen=True):
    tenant_id: str = ""
    user_id: str = ""
    event_id: str = ""
    source_event_type: str = ""
    update_type: str = ""
    data: _Data = _Data()


_decode = msgspec.json.Decoder(_Update).decode


def named_in(body: bytes) -> Named:
    """Return what the body of an update names; nothing of one that cannot be read."""
    try:
        update = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Named()
    data = update.data
    parts = [part for part in (data.dialog, data.message, data.context) if part is not None]
    return Named(
        tenant_id=update.tenant_id,
        user_id=update.user_id,
        event_id=update.event_id,
        source_event_type=update.source_event_type,
        update_type=update.update_type,
        dialog_id=next(filter(None, (part.dialog_id for part in parts)), ""),
        message_id=next(filter(None, (part.message_id for part in parts)), ""),
    )
