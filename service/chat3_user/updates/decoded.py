"""An update as the hub handles it: whose it is, what identifies it, and its contract message."""

from collections.abc import Callable
from dataclasses import dataclass

from chat3_api.chat3.user.v1 import Update


@dataclass(frozen=True, slots=True)
class DecodedUpdate:
    """A decoded update; ``digest`` stands for its id."""

    tenant_id: str
    user_id: str
    digest: bytes
    dialog_id: str
    update: Update


Decoder = Callable[[bytes], DecodedUpdate | None]
"""Decodes a published body; `None`, after logging, when nobody can be found to deliver it to."""
