"""Remembers the last updates of a stream, to recognise one that comes a second time."""

from collections import OrderedDict
from typing import Final

KEPT: Final = 2000


class Seen:
    """The last updates by user and id."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def is_new(self, user_id: str, update_id: str) -> bool:
        """Note an update; return whether it is new. One without an id always is."""
        if not update_id:
            return True
        key = (user_id, update_id)
        if key in self._ids:
            return False
        self._ids[key] = None
        if len(self._ids) > self._kept:
            self._ids.popitem(last=False)
        return True
