"""Places for work of one kind: so many in all, and a share of them for any one holder."""

import random
from collections import Counter
from collections.abc import Hashable, Iterator
from contextlib import contextmanager

from chat3_user.errors import reasons


class Places:
    """``most`` places; any one holder (an address, a connection, a key) has at most ``share``."""

    def __init__(self, most: int, share: int) -> None:
        self._most = most
        self._share = share
        self._held: Counter[Hashable] = Counter()
        self.taken = 0

    @contextmanager
    def place(self, *holders: Hashable) -> Iterator[None]:
        """Hold a place in the name of all ``holders``.

        Raises `CallError`.
        """
        self.take(*holders)
        try:
            yield
        finally:
            self.free(*holders)

    def take(self, *holders: Hashable) -> None:
        """Take a place, to be given back by `free`.

        Raises `CallError`.
        """
        held = self._held
        if self.taken >= self._most or any(held[holder] >= self._share for holder in holders):
            raise reasons.overloaded(random.uniform(0.5, 1.0))
        self.taken += 1
        for holder in holders:
            held[holder] += 1

    def free(self, *holders: Hashable) -> None:
        """Give a place back."""
        self.taken -= 1
        for holder in holders:
            self._held[holder] -= 1
            if not self._held[holder]:
                del self._held[holder]
