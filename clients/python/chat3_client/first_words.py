"""Recognises HTTP/2 by the first bytes of a connection, and what else may answer there."""

from typing import Final

_SETTINGS: Final = 4
"""The type of the frame with which each side of HTTP/2 begins. It stands behind a length, of three
bytes, which is far below 65,536 in a first frame."""
_TYPE_AT: Final = 3
_TLS_ALERT: Final = b"\x15\x03"


class FirstWords:
    """What the other side of a connection says first."""

    def __init__(self) -> None:
        self.text = b""
        """Its first bytes."""

    def hear(self, data: bytes) -> None:
        """Take bytes as they come."""
        self.text += data[: max(0, _TYPE_AT + 1 - len(self.text))]

    @property
    def of_http2(self) -> bool:
        """Whether HTTP/2 has begun."""
        return len(self.text) > _TYPE_AT and not self.of_something_else

    @property
    def of_something_else(self) -> bool:
        """Whether this can be no HTTP/2 any more."""
        length, kind = self.text[:1], self.text[_TYPE_AT:]
        return length not in (b"", b"\0") or kind not in (b"", bytes([_SETTINGS]))

    @property
    def wrong(self) -> str:
        """What answers in place of the service; empty after HTTP/2, or nothing at all."""
        if not self.of_something_else:
            return ""
        if self.text.startswith(_TLS_ALERT):
            return "what answers there speaks TLS"
        if self.text.startswith(b"HTTP"):
            return "what answers there speaks HTTP/1.1, and gRPC needs HTTP/2"
        return "what answers there does not speak HTTP/2, which gRPC needs"
