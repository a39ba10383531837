"""Whom a published update is for: read from its body alone, ahead of everything else in it."""

import msgspec

from chat3_user.tenant_api.models import Model
from chat3_user.updates.decoded import Address


class _Addressed(Model, frozen=True):
    tenant_id: str
    user_id: str


_decode = msgspec.json.Decoder(_Addressed).decode
_Unfit = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def address_of(body: bytes) -> Address | None:
    """Return tenant and user of a published update; `None` when its body does not say.

    The routing key is not asked: its form has changed before, and types and tenants in it may have
    dots.
    """
    try:
        addressed = _decode(body)
    except _Unfit:
        return None
    return addressed.tenant_id, addressed.user_id
