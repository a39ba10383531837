"""Changes whose update may not have been published: reported, and announced again.

tenant-api stores most changes before it publishes them, and can be cut off between the two. What a
repetition then finds is the change alone; that its update is missing, or that only the answer was
lost, looks the same. A change that is made again is no change: the platform publishes nothing.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from chat3_api.chat3.user.v1 import ErrorReason, MissingPart
from chat3_user.errors import CallError

log = logging.getLogger(__name__)

Missing: TypeAlias = tuple[MissingPart, ...]
"""What may be missing of something for good."""

_CHANGED: Final = (MissingPart.CHANGED_UPDATE,)


class UnshownChanges:
    """Reports; ``count`` hears of each change by its kind."""

    def __init__(self, count: Callable[[str], None]) -> None:
        self._count = count

    def report(self, kind: str, **ids: str) -> Missing:
        """Return the report of a found change for the caller; count and log it, too."""
        self._count(kind)
        log.warning("a change may be unannounced for good", extra={"kind": kind, **ids})
        return _CHANGED


async def announced(announce: Callable[[], Awaitable[object]]) -> None:
    """Publish another update in place of the one that may be missing.

    It is a key of ours that is set. A tenant whose rules for meta refuse the key goes without.

    Raises `CallError`.
    """
    try:
        await announce()
    except CallError as error:
        if error.reason not in (ErrorReason.UPSTREAM_REJECTED, ErrorReason.META_INDEX_CONFLICT):
            raise
        log.warning("a change cannot be announced anew", extra={"problem": error})
