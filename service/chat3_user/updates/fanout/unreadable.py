"""Updates that cannot be read: counted and reported, for streams are silent without them."""

import logging
import time
from typing import Final

log = logging.getLogger(__name__)

_REPORT_EVERY: Final = 60.0
"""Seconds; an update that cannot be read is a problem of the service for as long."""


class Unreadable:
    """Counts them; logs the first at once, then once a minute how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._reported = 0
        self._report_at = 0.0
        self._last = 0.0

    def note(self, body: bytes) -> None:
        """Count an update that does not say whom it is for, or what it is."""
        self.count += 1
        self._last = now = time.monotonic()
        if now < self._report_at:
            return
        log.warning(
            "update cannot be addressed",
            extra={"updates": self.count - self._reported, "bytes": len(body)},
        )
        self._reported, self._report_at = self.count, now + _REPORT_EVERY

    @property
    def problem(self) -> str | None:
        """What is wrong, while the last one was within a minute."""
        if not self.count or time.monotonic() - self._last > _REPORT_EVERY:
            return None
        return f"{self.count} published updates could not be read: streams may lack them"
