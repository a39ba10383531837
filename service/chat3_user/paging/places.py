"""Pages that are found by their place: of messages, in the order of creation time and id.

A place stays where it is when others write, so nothing is seen twice and nothing is left out.
"""

import re
from dataclasses import dataclass
from typing import Final

from chat3_user.errors import reasons
from chat3_user.paging.tokens import Tokens

KIND: Final = 2

_NEWER: Final = 1
_ABOVE: Final = 2
_TIME_BYTES: Final = 10
TIME_MAX: Final = 2**53 * 1_000_000
"""The platform's times are doubles of milliseconds."""
_ID_PREFIX: Final = "msg_"
_ID_REST: Final = re.compile(rb"[a-z0-9]{20}")


@dataclass(frozen=True, slots=True)
class Cut:
    """A place between two messages: just above or just below one, in time and then in id.

    ``time`` is when the message was created, in nanoseconds since 1970; see `to_nanoseconds`.
    ``above``: the message itself lies on the older side.
    """

    time: int
    message_id: str
    above: bool

    def is_newer(self, time: int, message_id: str) -> bool:
        """Tell whether a message lies on the newer side."""
        mine, its = (self.time, self.message_id), (time, message_id)
        return its > mine or (not self.above and its == mine)


@dataclass(frozen=True, slots=True)
class CutToken:
    """Which way a page goes, and from where; without a cut, from the end of the list.

    ``newer``: towards newer messages, so the end is the oldest; else towards older ones.
    """

    newer: bool
    cut: Cut | None

    def write(self, tokens: Tokens) -> str:
        """Return the token's text.

        Raises ``ValueError`` for a message that the platform cannot have.
        """
        flags = _NEWER if self.newer else 0
        cut = self.cut
        if cut is None:
            return tokens.write(KIND, bytes((flags,)))
        flags |= _ABOVE if cut.above else 0
        rest = cut.message_id.removeprefix(_ID_PREFIX).encode()
        if abs(cut.time) > TIME_MAX or not _ID_REST.fullmatch(rest):
            raise ValueError("a place in a list that no message can have")
        time = cut.time.to_bytes(_TIME_BYTES, "big", signed=True)
        return tokens.write(KIND, bytes((flags,)) + time + rest)


def read_cut(kind: int, payload: bytes) -> CutToken:
    """Return what a token says.

    Raises `CallError` when it says nothing that `CutToken.write` writes.
    """
    if kind != KIND or not payload or payload[0] > _NEWER + _ABOVE:
        raise reasons.page_token_invalid()
    flags = payload[0]
    newer = bool(flags & _NEWER)
    if len(payload) == 1 and not flags & _ABOVE:
        return CutToken(newer, None)
    time = int.from_bytes(payload[1 : 1 + _TIME_BYTES], "big", signed=True)
    rest = payload[1 + _TIME_BYTES :]
    if abs(time) > TIME_MAX or not _ID_REST.fullmatch(rest):
        raise reasons.page_token_invalid()
    return CutToken(newer, Cut(time, _ID_PREFIX + rest.decode(), bool(flags & _ABOVE)))
