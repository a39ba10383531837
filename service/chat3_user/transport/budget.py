"""How much of a worker's memory requests may hold that have begun and not ended.

A request that comes whole at once never counts. When all is taken, the address that holds the most
gives up its oldest requests: honest clients hold little, and not for long.
"""

from heapq import heapify, heappop, heappush
from typing import Final, Protocol

_MAKE_ROOM: Final = 0.9


class Holder(Protocol):
    """A connection with unfinished requests."""

    @property
    def address(self) -> str:
        """The client's address."""
        ...

    def drop_oldest(self) -> int:
        """Refuse the oldest unfinished request; return how many bytes that freed."""
        ...


class UnfinishedBudget:
    """``most`` bytes for all unfinished requests of a worker."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[str, dict[Holder, int]] = {}
        self.total = 0

    def hold(self, holder: Holder, size: int) -> None:
        """Note that ``holder`` now holds ``size`` bytes; make room when all is taken."""
        holders = self._held.setdefault(holder.address, {})
        self.total += size - holders.get(holder, 0)
        if size:
            holders[holder] = size
        else:
            holders.pop(holder, None)
            if not holders:
                del self._held[holder.address]
        if self.total > self._most:
            self._make_room()

    def _make_room(self) -> None:
        goal = self._most * _MAKE_ROOM
        while self.total > goal:
            holders = max(self._held.values(), key=lambda held: sum(held.values()))
            # Looked through once, not for every request that goes: there may be thousands.
            largest = [(-size, number, each) for number, (each, size) in enumerate(holders.items())]
            heapify(largest)
            while largest and self.total > goal:
                _, number, holder = heappop(largest)
                freed = holder.drop_oldest()
                left = max(0, holders.get(holder, 0) - freed) if freed else 0
                self.hold(holder, left)
                if left:
                    heappush(largest, (-left, number, holder))
