"""Lets one task at a time wait for an event of a stream."""

from collections.abc import Iterator
from contextlib import contextmanager


class OneReader:
    """Whoever asks for an event says that the last one was dealt with: two would lose some."""

    def __init__(self) -> None:
        self._reading = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Wait for an event within the block.

        Raises `RuntimeError` while somebody else does.
        """
        if self._reading:
            raise RuntimeError(
                "another task waits for the next event of this stream: iterate in one task, and"
                " hand events to others by a queue"
            )
        self._reading = True
        try:
            yield
        finally:
            self._reading = False
