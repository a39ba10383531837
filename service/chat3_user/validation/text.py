"""How text is measured: in the units of the platform, which is written in JavaScript."""

import re
from typing import Final

# What JavaScript's String.prototype.trim removes. Python's str.strip differs in both directions:
# it keeps U+FEFF and removes U+001C to U+001F and U+0085.
WHITE_SPACE: Final = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)

# C0, DEL and C1: Unicode's category Cc.
_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f]")


def utf16_length(text: str) -> int:
    """Return the length JavaScript gives: a character beyond U+FFFF, such as an emoji, counts 2."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_longer(text: str, limit: int) -> bool:
    """Tell whether the text has more than ``limit`` UTF-16 units; cheap for short and long text."""
    length = len(text)
    if length * 2 <= limit:
        return False
    return length > limit or utf16_length(text) > limit


def has_control_characters(text: str) -> bool:
    """Tell whether the text holds a control character."""
    return _CONTROL.search(text) is not None
