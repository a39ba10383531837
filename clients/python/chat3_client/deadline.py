"""When a call has to be over."""

import time


class Deadline:
    """The end of a call that has so many ``seconds`` from now on."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        """What it had when it began."""
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """The seconds that are left; a little at least, for I/O takes no other number."""
        return max(self._end - time.monotonic(), 0.001)

    def allows(self, pause: float) -> bool:
        """Say whether there is time left after a pause of so many seconds."""
        return time.monotonic() + pause < self._end
