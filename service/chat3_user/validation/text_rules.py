"""The rules of text fields; lengths and white space are those of the platform's JavaScript."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from chat3_user.validation.filters import FilterError
from chat3_user.validation.rules import KEPT, Problem, Problems
from chat3_user.validation.text import WHITE_SPACE, has_control_characters, is_longer

_TYPE_WORDS: Final = (
    "empty, or `internal.` and one of text, image, file, audio, video, sticker, location, contact, "
    "or `system.`, `user.` or `message.` and 1 to 80 characters: words of a-z and 0-9, joined by "
    "single `_`, `-` or `.`"
)
_MESSAGE_TYPE: Final = re.compile(
    r"(?:internal\.(?:text|image|file|audio|video|sticker|location|contact)"
    r"|(?:system|user|message)\.(?=.{1,80}\Z)[a-z0-9]+(?:[._-][a-z0-9]+)*)?"
)
_VISIBLE_ASCII: Final = re.compile("[!-~]*")
# The platform finds the parts of a filter by these characters, quoted or not.
_FILTER_TEXT: Final = re.compile(r"(?!\{)[^()&|]*")
TEXT_TYPES: Final = ("", "internal.text")
OUR_NAMES: Final = "chat3-gateway:"
"""How the names begin under which this service itself changes messages."""


@dataclass(frozen=True, slots=True)
class Length:
    """Text of a length in UTF-16 units; too long a text is not looked at any further."""

    high: int
    low: int = 0
    final: bool = True

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        bounds = f"{self.low} to {self.high}" if self.low else f"at most {self.high}"
        return f"{bounds} characters"

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        if len(value) < self.low or is_longer(value, self.high):
            return (Problem("", self.words),)
        return KEPT


@dataclass(frozen=True, slots=True)
class Id:
    """An id of the platform, when there is one: a prefix and twenty characters."""

    prefix: str
    final: bool = False
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pattern", re.compile(self.prefix + "[a-z0-9]{20}"))

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return f"`{self.prefix}` and 20 characters of a-z and 0-9"

    def problems(self, value: str | None, _request: Any) -> Problems:
        """Return what the value breaks."""
        if value is None or self.pattern.fullmatch(value):
            return KEPT
        return (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class VisibleAscii:
    """Text that can travel in headers and logs as it is."""

    words: str = "visible ASCII"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if _VISIBLE_ASCII.fullmatch(value) else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class NoControlCharacters:
    """Text without control characters."""

    words: str = "no control characters"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return (Problem("", self.words),) if has_control_characters(value) else KEPT


@dataclass(frozen=True, slots=True)
class NoOuterWhiteSpace:
    """Text the platform stores as it came, because there is nothing for it to trim."""

    words: str = "no white space at either end"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if value.strip(WHITE_SPACE) == value else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class NotOurName:
    """A name that is none under which this service itself changes messages."""

    words: str = f"no `{OUR_NAMES}` at its beginning"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return (Problem("", self.words),) if value.startswith(OUR_NAMES) else KEPT


@dataclass(frozen=True, slots=True)
class FilterText:
    """Text that the platform reads as itself where a filter quotes it."""

    words: str = "none of `(`, `)`, `&` and `|`, and no `{` at its beginning"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if _FILTER_TEXT.fullmatch(value) else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class SomeText:
    """A text message says something."""

    words: str = "1 or more besides white space when the type is `internal.text`"
    final: bool = False

    def problems(self, value: str, request: Any) -> Problems:
        """Return what the value breaks."""
        if request.type not in TEXT_TYPES or value.strip(WHITE_SPACE):
            return KEPT
        return (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class NotBlank:
    """Text that says something."""

    words: str = "1 or more besides white space"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if value.strip(WHITE_SPACE) else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class MessageType:
    """A message type the platform takes."""

    words: str = _TYPE_WORDS
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if _MESSAGE_TYPE.fullmatch(value) else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class Expression:
    """A filter or a sort of the given grammar."""

    kind: str
    parse: Callable[[str], object] = field(repr=False)
    final: bool = False

    @property
    def words(self) -> str:
        """The rule in the contract's words."""
        return f"a {self.kind} expression as described above"

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks; the rule names the position."""
        if not value:
            return KEPT
        try:
            self.parse(value)
        except FilterError as error:
            return (Problem("", str(error)),)
        return KEPT
