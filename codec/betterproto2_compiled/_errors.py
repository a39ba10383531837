"""The two errors of this package, both kinds of ``ValueError``."""

from __future__ import annotations


class EncodeError(ValueError):
    """A message holds a value that its field cannot carry; the text names ``Class.field``.

    The text never shows the value itself, so it is safe to log.
    """


class DecodeError(ValueError):
    """Bytes are not a valid message of the class; the text says what is wrong and where."""


class WireError(ValueError):
    """Wrong bytes, found where the class and the field are not known; becomes a DecodeError."""
