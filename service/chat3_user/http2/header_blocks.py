"""Decodes a client's blocks of compressed headers, and one that it repeats only once.

A client sends the same headers call after call, and as soon as HPACK's table has them they are the
same bytes, too. What such bytes mean changes only with the table.
"""

from collections.abc import Iterable
from typing import Final

from hpack import Decoder, HeaderTuple

_BLOCKS: Final = 4
_LONGEST: Final = 512
_TABLE_UPDATE, _KIND = 0x20, 0xE0


class RepeatedBlocks(Decoder):
    """h2's decoder of one connection; remembers a few short blocks that left the table alone."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[bytes, Iterable[HeaderTuple]] = {}

    def decode(self, data: bytes, raw: bool = False) -> Iterable[HeaderTuple]:  # noqa: FBT001, FBT002 - hpack's signature
        """Return the headers in a block; raise as hpack does."""
        known = self._known.get(data)
        if known is not None:
            return known
        newest = self._newest()
        headers = super().decode(data, raw)
        if self._newest() is not newest or _resizes(data):
            self._known.clear()
        elif len(data) <= _LONGEST:
            if len(self._known) == _BLOCKS:
                del self._known[next(iter(self._known))]
            self._known[data] = headers
        return headers

    def _newest(self) -> tuple[bytes, bytes] | None:
        """Return the table's newest entry: it is another one whenever a block adds entries."""
        entries = self.header_table.dynamic_entries
        return entries[0] if entries else None


def _resizes(block: bytes) -> bool:
    """Return whether a block changes the size of the table, which it can only begin with."""
    return block[:1] != b"" and block[0] & _KIND == _TABLE_UPDATE
