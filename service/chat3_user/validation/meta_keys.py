"""Which keys meta may have: the one list for whatever sends a key to the platform.

Writing and filtering ask here, so that nothing can be written that a filter may not name, and no
filter names what cannot have been written. Sorts take no meta keys at all.

What is refused and why:

- Names that JavaScript's plain objects have by inheritance. The platform is written in JavaScript
  and builds its queries and its answers in plain objects, with these keys as property names. A
  filter on ``__proto__`` changes what every object of the process inherits, for all tenants, until
  it is restarted; the others read an inherited function where nothing was set, so that the
  condition is dropped. JavaScript tells letter cases apart; here they are refused in any, because
  the platform lowers the case of other names that it reads (ids, types, statuses).
- ``prototype`` and ``_bsontype``, which the platform's database library drops or refuses.
- What answers of the platform lose or rewrite, and the prefix this service keeps for itself.

Names of arrays, functions and text (``length``, ``name``, ``map``) are taken: the objects that a
key can reach are plain ones, which have none of these, and the platform's database library keeps
them as they are. Reactions, user ids and tenant ids are values to the platform, never property
names, so they may be called ``constructor``.
"""

import re
from collections.abc import Mapping
from typing import Final

MAX_LENGTH: Final = 100

KEY_WORDS: Final = f"top-level keys of 1 to {MAX_LENGTH} characters of A-Z, a-z, 0-9 and `_`"
PREFIX_WORDS: Final = "no top-level key that begins with `chat3_`"
INHERITED_WORDS: Final = "JavaScript objects inherit this name"

# Object.getOwnPropertyNames(Object.prototype) in Node.js 20.
INHERITED: Final = frozenset(
    (
        "__defineGetter__",
        "__defineSetter__",
        "__lookupGetter__",
        "__lookupSetter__",
        "__proto__",
        "constructor",
        "hasOwnProperty",
        "isPrototypeOf",
        "propertyIsEnumerable",
        "toLocaleString",
        "toString",
        "valueOf",
    )
)
# Removed at every depth of an answer.
_REMOVED: Final = ("id", "_id", "__v")
# Rewritten at every depth of an answer.
_TIMES: Final = (
    "createdAt",
    "lastSeenAt",
    "lastMessageAt",
    "lastInteractionAt",
    "publishedAt",
    "expiresAt",
    "lastUsedAt",
    "readAt",
    "deliveredAt",
    "joinedAt",
    "lastUpdatedAt",
    "lastActivityAt",
    "addedAt",
)
_UNKEPT: Final[Mapping[str, str]] = {
    **dict.fromkeys(_REMOVED, "the platform removes this key"),
    **dict.fromkeys(_TIMES, "the platform rewrites values under this key as times"),
    **dict.fromkeys(("prototype", "_bsontype"), "the platform cannot store this key"),
}
_INHERITED_LOWERED: Final = frozenset(name.lower() for name in INHERITED)
_LONGEST_INHERITED: Final = max(map(len, INHERITED))
_TOP_LEVEL: Final = re.compile(f"[A-Za-z0-9_]{{1,{MAX_LENGTH}}}")


def unkept(key: str) -> str | None:
    """Return why the platform cannot keep the key at any depth; None when it can."""
    if key in _UNKEPT:
        return _UNKEPT[key]
    if len(key) <= _LONGEST_INHERITED and key.lower() in _INHERITED_LOWERED:
        return INHERITED_WORDS
    if key.startswith("$") or "\0" in key:
        return "no key begins with `$` or holds U+0000"
    return None


def form(key: str) -> list[str]:
    """Return the rules of form that a top-level key breaks."""
    found = [] if _TOP_LEVEL.fullmatch(key) else [KEY_WORDS]
    if key.startswith("chat3_"):
        found.append(PREFIX_WORDS)
    return found


def refusal(key: str) -> str | None:
    """Return why a top-level key can neither be written nor named in a filter, or None."""
    broken = form(key)
    return broken[0] if broken else unkept(key)
