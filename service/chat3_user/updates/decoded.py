"""An update as the hub handles it: whose it is, what identifies it, and its encoded message."""

from collections.abc import Callable

import msgspec

from chat3_api.chat3.user.v1 import Update, UpdateKind


class DecodedUpdate(msgspec.Struct, frozen=True, gc=False):
    """A decoded update; ``digest`` stands for its id, ``update`` is encoded already.

    ``made_at`` is when the platform made it, in Unix seconds; 0 where it does not say.
    """

    tenant_id: str
    user_id: str
    digest: bytes
    dialog_id: str
    kind: UpdateKind
    update: Update
    made_at: float = 0.0


Address = tuple[str, str]
"""A user's tenant and id; tenants share user ids."""

AddressReader = Callable[[bytes], Address | None]
"""Reads whom a published body is for, and nothing else; `None` when it does not say."""

Decoder = Callable[[bytes], DecodedUpdate | None]
"""Decodes a published body; `None`, after logging, when nobody can be found to deliver it to."""
