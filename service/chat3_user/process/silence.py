"""How long a worker has given no sign of life, as far as its parent could see."""

from typing import Final

_MOST: Final = 1.0
"""Seconds that may lie between two looks and count in full."""


class Silence:
    """Adds up the time without a sign of life, from ``now`` on.

    A parent that was stopped itself, with its workers, has missed their signs: a long time between
    two looks counts as a short one. So a container that was paused is not restarted for it.
    """

    __slots__ = ("_beat", "_looked", "seconds")

    def __init__(self, now: float) -> None:
        self._looked = now
        self._beat: float | None = None
        self.seconds = 0.0

    def look(self, beat: float | None, now: float) -> float:
        """Return the seconds of silence; ``beat`` is the time of the last sign, if any."""
        if beat == self._beat:
            self.seconds += min(now - self._looked, _MOST)
        else:
            self._beat, self.seconds = beat, 0.0
        self._looked = now
        return self.seconds
