"""Makes text safe and, on a terminal, coloured; measures it."""

import os
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TextIO

# Embeddings, overrides and isolates: they would let a message reorder the line it stands on.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")

BOLD, DIM, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN = 1, 2, 31, 32, 33, 34, 35, 36


@dataclass(frozen=True, slots=True)
class Style:
    """Whether text is coloured."""

    coloured: bool

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str] = os.environ) -> "Style":
        """Colour on a terminal only, and not when NO_COLOR is set or the terminal is dumb."""
        dull = environ.get("NO_COLOR") or environ.get("TERM") == "dumb"
        return cls(coloured=stream.isatty() and not dull)

    def paint(self, text: str, code: int) -> str:
        """Give the text in a colour or weight."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.coloured else text


def safe(text: str) -> str:
    """Give foreign text on one line, without characters that would control the terminal."""
    return "".join(_safe_character(character) for character in text)


def width(text: str) -> int:
    """Count the columns that the text takes on a terminal."""
    return sum(_columns(character) for character in text)


def pad(text: str, columns: int) -> str:
    """Fill the text with spaces on the right."""
    return text + " " * (columns - width(text))


def terminal_columns(stream: TextIO) -> int | None:
    """Count the columns of the terminal behind a stream; nothing when there is none."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def clock(time: datetime | None) -> str:
    """Give the time of day in the local zone; the present when there is no time."""
    return (time or datetime.now(UTC)).astimezone().strftime("%H:%M:%S")


def date_and_clock(time: datetime | None) -> str:
    """Give the day and the time in the local zone; a dash when there is no time."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M") if time else "-"


def moment(time: datetime | None) -> str | None:
    """Give the day and the time in the local zone; nothing when there is no time."""
    return date_and_clock(time) if time else None


def _safe_character(character: str) -> str:
    if character == "\n":
        return "\u23ce"
    if character == "\t":
        return " "
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Zl", "Zp") or character in _BIDI_CONTROLS:
        return "\ufffd"
    return character


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
