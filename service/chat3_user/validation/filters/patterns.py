"""Which regular expressions are let through to the platform's database."""

import re
from typing import Final

from chat3_user.validation.filters.errors import FilterError

MAX_PATTERN_LENGTH: Final = 100
# Groups cannot be written in a filter, so quantifiers do not nest; what is left is a power of the
# text's length, with this exponent plus one.
MAX_UNBOUNDED: Final = 2

_CLASS_ITEM: Final = r"(?:\\[dDwWsS\-\\\]\[^.$*+?/]|[^\\\[\]\-])"
_TOKEN: Final = re.compile(
    rf"(?P<bounds>\\[bB]|\^|\$)"
    rf"|(?:\\[dDwWsS]|\\[^A-Za-z0-9\s]|\.|(?P<class>\[\^?(?:{_CLASS_ITEM}(?:-{_CLASS_ITEM})?)+\])"
    r"|[^\\.^$*+?\[\]{}])(?P<quantifier>[*+?]\??)?"
)
_RANGE: Final = re.compile(rf"({_CLASS_ITEM})(?:-({_CLASS_ITEM}))?")
_NO_CHARACTER: Final = re.compile(r"\\[dDwWsS]")
_RULE: Final = (
    "a regular expression consists of characters, `.`, `^`, `$`, classes such as `[a-z]`, escapes "
    "such as `\\d` and `\\.`, and the quantifiers `*`, `+` and `?`"
)


def check_pattern(pattern: str, position: int) -> None:
    """Raise ``FilterError`` unless the pattern is of the small, harmless dialect."""
    if not pattern or len(pattern) > MAX_PATTERN_LENGTH:
        raise FilterError(
            position, f"a regular expression has 1 to {MAX_PATTERN_LENGTH} characters"
        )
    at = unbounded = 0
    while at < len(pattern):
        token = _TOKEN.match(pattern, at)
        if token is None or not _is_ordered(token["class"]):
            raise FilterError(position, _RULE)
        unbounded += (token["quantifier"] or "?")[0] != "?"
        at = token.end()
    if unbounded > MAX_UNBOUNDED:
        raise FilterError(
            position, f"a regular expression has at most {MAX_UNBOUNDED} of `*` and `+`"
        )


def _is_ordered(class_: str | None) -> bool:
    """Tell whether every range of a class goes upwards, between single characters."""
    if class_ is None:
        return True
    body = class_[2:-1] if class_.startswith("[^") else class_[1:-1]
    for low, high in _RANGE.findall(body):
        if high and (
            low[-1] > high[-1] or _NO_CHARACTER.fullmatch(low) or _NO_CHARACTER.fullmatch(high)
        ):
            return False
    return True
