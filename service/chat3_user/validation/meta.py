"""What custom data of a message may hold, so that the platform keeps it as it was sent."""

import json
import math
import re
from collections.abc import Mapping
from typing import Final

from chat3_user.errors._failures import FieldViolation
from chat3_user.validation import meta_keys
from chat3_user.validation.text import WHITE_SPACE, is_longer

MAX_LEVELS: Final = 16
MAX_URL_LENGTH: Final = 2048
MAX_PATH_LENGTH: Final = 200
MAX_SAFE_NUMBER: Final = 2**53 - 1
MEDIA_TYPES: Final = frozenset(
    f"internal.{kind}" for kind in ("image", "file", "audio", "video", "sticker")
)

KEEP_WORDS: Final = "nothing the platform cannot keep"
LEVELS_WORDS: Final = f"at most {MAX_LEVELS} levels deep"
URL_WORDS: Final = (
    f"`url` with text of at most {MAX_URL_LENGTH} characters when the type is `internal.image`, "
    "`file`, `audio`, `video` or `sticker`"
)
OPEN_WORDS: Final = f"{meta_keys.KEY_WORDS}; {KEEP_WORDS}; {LEVELS_WORDS}; {meta_keys.PREFIX_WORDS}"
WORDS: Final = (
    f"{meta_keys.KEY_WORDS}; {KEEP_WORDS}; {LEVELS_WORDS}; {URL_WORDS}; {meta_keys.PREFIX_WORDS}"
)

_PLAIN_KEY: Final = re.compile("[A-Za-z0-9_-]{1,100}")
_SAFE_SCALARS: Final = (bool, int, float)


def check_meta(meta: Mapping[str, object], message_type: str) -> list[FieldViolation]:
    """Return the violations of a message's meta; empty when the platform keeps it unchanged."""
    found: list[FieldViolation] = []
    for key, value in meta.items():
        path = _step("meta", key)
        found.extend(_violation(path, rule) for rule in meta_keys.form(key))
        _check_top_value(path, value, found)
    _check_object("meta", meta, 1, found)
    if message_type in MEDIA_TYPES:
        _check_url(meta.get("url"), found)
    return found


def _check_top_value(path: str, value: object, found: list[FieldViolation]) -> None:
    """Apply what upstream's schema asks of values directly under a top-level key only."""
    if value == "" and isinstance(value, str):
        found.append(_unkept(path, "a top-level text is not empty"))
    elif isinstance(value, _SAFE_SCALARS):
        if math.isfinite(value) and abs(value) > MAX_SAFE_NUMBER:
            found.append(_unkept(path, f"a top-level number is at most {MAX_SAFE_NUMBER}"))
    elif isinstance(value, Mapping) and "value" in value:
        # Upstream takes such an object for {value, dataType} and stores only the inner value.
        found.append(_unkept(path, "a top-level object has no key `value`"))


def _check_url(url: object, found: list[FieldViolation]) -> None:
    if not isinstance(url, str) or not url.strip(WHITE_SPACE) or is_longer(url, MAX_URL_LENGTH):
        found.append(FieldViolation("meta.url", URL_WORDS))


def _check_object(
    path: str, value: Mapping[str, object], level: int, found: list[FieldViolation]
) -> None:
    for key, item in value.items():
        reason = meta_keys.unkept(key)
        if reason is not None:
            found.append(_unkept(_step(path, key), reason))
        if item is None:
            found.append(_unkept(_step(path, key), "no null in an object"))
        elif not isinstance(item, str):
            _check_value(path, key, item, level, found)
    if "name" in value and "userId" in value and "tenantId" in value:
        found.append(_unkept(_step(path, "name"), "no `name` beside `userId` and `tenantId`"))


def _check_value(
    path: str, key: str | int, value: object, level: int, found: list[FieldViolation]
) -> None:
    """Check one value that is neither null nor text; its path is built only when needed."""
    if isinstance(value, _SAFE_SCALARS):
        if not math.isfinite(value):
            found.append(_unkept(_step(path, key), "numbers are finite"))
    elif level >= MAX_LEVELS:
        found.append(_violation(_step(path, key), LEVELS_WORDS))
    elif isinstance(value, Mapping):
        _check_object(_step(path, key), value, level + 1, found)
    elif isinstance(value, list):
        inner = _step(path, key)
        for index, item in enumerate(value):
            if item is not None and not isinstance(item, str):
                _check_value(inner, index, item, level + 1, found)


def _step(path: str, key: str | int) -> str:
    """Extend a path by a key; keys of strange characters are quoted and cut."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    if _PLAIN_KEY.fullmatch(key):
        return f"{path}.{key}"
    return f"{path}[{json.dumps(key[:40])}]"


def _unkept(path: str, rule: str) -> FieldViolation:
    return _violation(path, f"{KEEP_WORDS}: {rule}")


def _violation(path: str, rule: str) -> FieldViolation:
    """Return a violation whose path is cut where it would weigh on the trailers of the answer."""
    short = path if len(path) <= MAX_PATH_LENGTH else path[: MAX_PATH_LENGTH - 1] + "…"
    return FieldViolation(short, rule)
