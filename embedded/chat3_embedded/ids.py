"""Identifiers in the forms that tenant-api mints, and the forms that it accepts."""

from __future__ import annotations

import re
import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits

DIALOG_ID = re.compile(r"dlg_[a-z0-9]{20}")
MESSAGE_ID = re.compile(r"msg_[a-z0-9]{20}")
TOPIC_ID = re.compile(r"topic_[a-z0-9]{20}")
PACK_ID = re.compile(r"pck_[a-z0-9]{20}")
META_KEY = re.compile(r"[A-Za-z0-9_]{1,100}")
STATUS = re.compile(r"[a-z0-9_-]{1,64}")


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def new_dialog_id() -> str:
    """Mint `dlg_` and 20 characters."""
    return f"dlg_{_random(20)}"


def new_message_id() -> str:
    """Mint `msg_` and 20 characters."""
    return f"msg_{_random(20)}"


def new_topic_id() -> str:
    """Mint `topic_` and 20 characters."""
    return f"topic_{_random(20)}"


def new_pack_id() -> str:
    """Mint `pck_` and 20 characters."""
    return f"pck_{_random(20)}"


def new_tenant_id() -> str:
    """Mint `tnt_` and 8 characters."""
    return f"tnt_{_random(8)}"


def new_event_id() -> str:
    """Mint `evt_` and 32 hexadecimal digits."""
    return f"evt_{secrets.token_hex(16)}"


def new_object_id() -> str:
    """Mint the 24 hexadecimal digits of a database id, as the un-sanitised answers leak them."""
    return secrets.token_hex(12)
