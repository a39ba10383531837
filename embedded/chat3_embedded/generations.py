"""What each version of the platform can do: one table, from which all differences follow."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class Capability(Enum):
    """Something that came with a version; the contract's newer half describes each."""

    # PATCH of a message, `deleted…` in messages, the event message.deleted.
    SOFT_DELETE = auto()
    # PUT …/edit, GET …/versions, `edited…` in messages in place of `meta.editedAt`.
    EDIT_VERSIONS = auto()
    # A status is written before its event, not after.
    STATUS_BEFORE_EVENT = auto()
    # The routing key of an update has six words, the tenant among them.
    TENANT_IN_ROUTING_KEY = auto()
    # Reading all is answered at once and done in the background, with a late bulk_read.
    QUEUED_READING = auto()
    # Unread is what came after lastSeenAt; each `read` lowers it, a repeated one too.
    UNREAD_WATERMARK = auto()
    # A user's dialogs carry tenantId and createdAt.
    DIALOGS_WITH_TENANT = auto()
    # /livez, /ready and /readyz, and a short /health.
    HEALTH_PROBES = auto()


# "unreleased" is what was read after 0.0.87 and has no version yet.
VERSIONS = ("0.0.80", "0.0.81", "0.0.82", "0.0.85", "0.0.86", "0.0.87", "unreleased")
OLDEST, NEWEST = "0.0.80", "0.0.87"

_SINCE = {
    Capability.SOFT_DELETE: "0.0.81",
    Capability.EDIT_VERSIONS: "0.0.82",
    Capability.STATUS_BEFORE_EVENT: "0.0.85",
    Capability.TENANT_IN_ROUTING_KEY: "0.0.86",
    Capability.QUEUED_READING: "0.0.86",
    Capability.UNREAD_WATERMARK: "0.0.86",
    Capability.DIALOGS_WITH_TENANT: "0.0.86",
    Capability.HEALTH_PROBES: "unreleased",
}


@dataclass(frozen=True, slots=True)
class Generation:
    """A version of the platform.

    Raises:
        ValueError: The version is none of `VERSIONS`.

    """

    version: str

    def __post_init__(self) -> None:
        if self.version not in VERSIONS:
            raise ValueError(f"platform {self.version!r} is none of {', '.join(VERSIONS)}")

    def can(self, capability: Capability) -> bool:
        """Tell whether this version has the capability."""
        return VERSIONS.index(self.version) >= VERSIONS.index(_SINCE[capability])
