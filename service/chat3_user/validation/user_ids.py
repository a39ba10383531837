"""User ids: what one may be, and how one person's id is written."""

import re
from dataclasses import dataclass
from typing import Any, Final

from chat3_user.validation.rules import KEPT, Problem, Problems
from chat3_user.validation.text import WHITE_SPACE, has_control_characters, is_longer

MAX_LENGTH: Final = 100
# An AMQP routing key has at most 255 bytes. This leaves 55 for the rest of the longest key the
# platform publishes, `update.dialog.{type}.{user}.message`: types of up to 32 bytes fit.
MAX_BYTES: Final = 200

WORDS: Final = (
    f"1 to {MAX_LENGTH} characters and at most {MAX_BYTES} bytes of UTF-8, "
    "without `.`, `*`, `#`, control characters, and white space at either end"
)

# A dot divides the words of a routing key; a star and a hash stand for words in a binding.
_TOPIC_SYNTAX: Final = re.compile("[.*#]")


def normal_user_id(text: str) -> str | None:
    """Return a user id as this service writes it, or None when the text cannot be one.

    It is lowered as Unicode says, which is what JavaScript does, and not composed: the platform
    compares code units, so two spellings of one accented letter are two users there; composing them
    here would make one of the two unreachable.
    """
    if is_longer(text, MAX_LENGTH):
        return None
    user_id = text.lower()
    if (
        not user_id
        # The platform would trim it: then one person had several ids.
        or user_id.strip(WHITE_SPACE) != user_id
        or is_longer(user_id, MAX_LENGTH)
        or len(user_id.encode()) > MAX_BYTES
        or _TOPIC_SYNTAX.search(user_id)
        or has_control_characters(user_id)
    ):
        return None
    return user_id


@dataclass(frozen=True, slots=True)
class UserId:
    """A user id, in any letter case."""

    words: str = "a user id as `x-user-id` takes it"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return (Problem("", self.words),) if normal_user_id(value) is None else KEPT
