"""Routing keys of updates: `update.{category}.{userType}.{userId}.{updateType}`."""

_USER_WORD = 3
_WORDS = 5


def binding_key(user_id: str) -> str:
    """Return the binding key for one user's updates.

    Raises ``ValueError`` for an id that would reach beyond its word: the last of three lines of
    defence, after validation at the edge and the tenant check on every payload.
    """
    if not user_id or any(character in user_id for character in ".*#"):
        raise ValueError("a user id that is not one word of a routing key")
    return f"update.*.*.{user_id}.*"


def user_of(routing_key: str) -> str:
    """Return the user id in a routing key, or nothing when the key is not an update's."""
    words = routing_key.split(".")
    return words[_USER_WORD] if len(words) == _WORDS and words[0] == "update" else ""
