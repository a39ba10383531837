"""An update as the hub handles it: whose it is, what identifies it, and its encoded message."""

from collections.abc import Callable
from dataclasses import dataclass

from chat3_api.chat3.user.v1 import Update, UpdateType


@dataclass(frozen=True, slots=True)
class DecodedUpdate:
    """A decoded update; ``digest`` stands for its id, ``update`` is encoded already."""

    tenant_id: str
    user_id: str
    digest: bytes
    dialog_id: str
    type: UpdateType
    update: Update


Decoder = Callable[[bytes], DecodedUpdate | None]
"""Decodes a published body; `None`, after logging, when nobody can be found to deliver it to."""
