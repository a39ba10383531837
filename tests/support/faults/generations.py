"""The platform's routing keys, old and new, and what may stand in them."""

import zlib
from enum import Enum
from typing import Final

from support.faults.history import Address


class Generation(Enum):
    """Which form of routing key a worker of the platform publishes with.

    Up to 0.0.85 a key has no tenant. `MIXED` stands for workers of both at once: each update has
    one form or the other, and some are published under both.
    """

    OLD = "old"
    MIXED = "mixed"
    NEW = "new"


UPGRADE: Final = (Generation.OLD, Generation.MIXED, Generation.NEW)

_TYPES: Final = ("user", "bot", "crm.bot", "a.user.of.ours")
"""Types of users: any text, dots included."""


def strangers(address: Address) -> tuple[Address, ...]:
    """Return users who are not ``address``, but in whose keys its user id is a word, too."""
    return (
        Address(f"crm.{address.tenant}", address.user),
        Address(f"x.{address.user}", "somebody"),
        Address(address.tenant, f"x.{address.user}"),
    )


def routing_key(generation: Generation, category: str, address: Address, segment: str) -> str:
    """Return the key of an update for ``address`` in the `OLD` or the `NEW` form."""
    tenant = [address.tenant] if generation is Generation.NEW else []
    kind = _TYPES[zlib.crc32(address.user.encode()) % len(_TYPES)]
    return ".".join(("update", category, *tenant, kind, address.user, segment))
