"""What goes to streams, encoded once for all of them, and which of it a client wants."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

import msgspec

from chat3_api.chat3.user.v1 import GapReason, Update, UpdateKind
from chat3_user.metrics.streams import StreamCounts
from chat3_user.wire import Encoded


class Item(msgspec.Struct, frozen=True, gc=False):
    """An encoded response on its way to streams, shared by all streams of a user.

    ``kind`` is set for updates only, ``gap`` for gaps; ``sequence`` is the update's place in its
    feed's memory, and ``size`` the number of its bytes, with which ``encoded`` ends. ``made_at`` is
    when the platform made an update, in Unix seconds; 0 where that is not known, negative where the
    update is one that a client had missed.
    """

    encoded: Encoded
    token: str
    digest: bytes = b""
    sequence: int = 0
    kind: UpdateKind | None = None
    dialog_id: str = ""
    gap: GapReason | None = None
    size: int = 0
    made_at: float = 0.0

    @property
    def is_gap(self) -> bool:
        """Whether it says that updates may be missing."""
        return self.gap is not None

    @property
    def update(self) -> Update:
        """The update alone, encoded."""
        return cast("Update", Encoded(self.encoded[-self.size :]))

    @property
    def droppable(self) -> bool:
        """Whether a slow stream may do without it."""
        return self.kind is UpdateKind.TYPING


def count(counts: StreamCounts, items: Iterable[Item]) -> None:
    """Count items that were written to a client."""
    now = time.time()
    for item in items:
        if item.kind is None:
            if item.gap is not None:
                counts.gap(str(item.gap.name))
        elif item.made_at < 0:
            counts.replayed += 1
        else:
            counts.live(item.made_at, now)


class Filtered(Protocol):
    """What a filter looks at; what has no kind is no update."""

    @property
    def kind(self) -> UpdateKind | None:
        """The kind of an update."""

    @property
    def dialog_id(self) -> str:
        """The dialog that it is about; empty where it is about none."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Which updates a client wants; empty sets want all."""

    kinds: frozenset[UpdateKind] = frozenset()
    dialog_ids: frozenset[str] = frozenset()

    def admits(self, item: Filtered) -> bool:
        """Return whether the client wants ``item``; what is no update always passes."""
        if item.kind is None:
            return True
        if self.kinds and item.kind not in self.kinds:
            return False
        return not self.dialog_ids or not item.dialog_id or item.dialog_id in self.dialog_ids
