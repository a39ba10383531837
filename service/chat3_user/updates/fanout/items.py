"""What goes to streams, encoded once for all of them, and which of it a client wants."""

from dataclasses import dataclass
from typing import cast

import msgspec

from chat3_api.chat3.user.v1 import Update, UpdateKind
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.wire import Encoded


class Item(msgspec.Struct, frozen=True, gc=False):
    """An encoded response on its way to streams, shared by all streams of a user.

    ``kind`` is set for updates only; ``sequence`` is the update's place in its feed's memory, and
    ``size`` the number of its bytes, with which ``encoded`` ends.
    """

    encoded: Encoded
    token: str
    digest: bytes = b""
    sequence: int = 0
    kind: UpdateKind | None = None
    dialog_id: str = ""
    is_gap: bool = False
    size: int = 0

    @property
    def update(self) -> Update:
        """The update alone, encoded."""
        return cast("Update", Encoded(self.encoded[-self.size :]))

    @property
    def droppable(self) -> bool:
        """Whether a slow stream may do without it."""
        return self.kind is UpdateKind.TYPING


@dataclass(frozen=True, slots=True)
class Filter:
    """Which updates a client wants; empty sets want all."""

    kinds: frozenset[UpdateKind] = frozenset()
    dialog_ids: frozenset[str] = frozenset()

    def admits(self, item: Item | DecodedUpdate) -> bool:
        """Return whether the client wants ``item``; what is no update always passes."""
        if item.kind is None:
            return True
        if self.kinds and item.kind not in self.kinds:
            return False
        return not self.dialog_ids or not item.dialog_id or item.dialog_id in self.dialog_ids
