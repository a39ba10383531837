"""User types: what one may be, so that the platform can publish what is about its users."""

import re
from dataclasses import dataclass
from typing import Any, Final

from chat3_user.validation.rules import KEPT, Problem, Problems
from chat3_user.validation.text import WHITE_SPACE, has_control_characters

MAX_LENGTH: Final = 50

# An AMQP routing key has at most 255 bytes. The longest that the platform publishes is
# `update.dialog.{tenant}.{type}.{user}.message`, with a tenant of up to 20 bytes.
MAX_BYTES_WITH_USER: Final = 211

# A dot divides the words of a routing key; a star and a hash stand for words in a binding.
_UNFIT: Final = re.compile(f"[.*#{WHITE_SPACE}]")


@dataclass(frozen=True, slots=True)
class TopicWord:
    """Text that can be one word of a routing key."""

    words: str = "no `.`, `*`, `#`, control characters and white space"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        if _UNFIT.search(value) or has_control_characters(value):
            return (Problem("", self.words),)
        return KEPT


@dataclass(frozen=True, slots=True)
class FitsWithUser:
    """A type that a routing key has room for, beside the id of its user."""

    words: str = f"at most {MAX_BYTES_WITH_USER} bytes of UTF-8 together with `user_id`"
    final: bool = False

    def problems(self, value: str, request: Any) -> Problems:
        """Return what the value breaks."""
        size = len(value.encode()) + len(request.user_id.lower().encode())
        return (Problem("", self.words),) if value and size > MAX_BYTES_WITH_USER else KEPT
