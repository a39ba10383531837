"""Connect's calls by GET: the request stands in the query of the URL."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from chat3_user.errors import CallError, FieldViolation, invalid_fields

_FLAG: Final = "1"
_VERSION: Final = "v1"


@dataclass(frozen=True, slots=True)
class Query:
    """What a query says: ``message`` is compressed with ``compression``."""

    json: bool
    message: bytes
    compression: str


Parts = Mapping[str, bytes]
"""The parameters of a query by name; of two with one name the first counts."""


def parts_of(query: str) -> Parts:
    """Return the parameters of a query."""
    parts: dict[str, bytes] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        parts.setdefault(name, unquote_to_bytes(value.replace("+", " ")))
    return parts


def codec_of(parts: Parts) -> str:
    """Return the codec that a query names, empty when it names none."""
    return parts.get("encoding", b"").decode("latin-1")


def read(parts: Parts) -> Query:
    """Return the request in a query.

    Raises `CallError`.
    """
    if "message" not in parts:
        raise _invalid("a parameter `message`")
    if parts.get("connect", _VERSION.encode()) != _VERSION.encode():
        raise _invalid("`connect=v1`")
    message = parts["message"]
    if parts.get("base64") == _FLAG.encode():
        try:
            message = urlsafe_b64decode(message + b"=" * (-len(message) % 4))
        except (binascii.Error, ValueError) as error:
            raise _invalid("`message` in URL-safe base64") from error
    compression = parts.get("compression", b"identity").decode("latin-1")
    return Query(codec_of(parts) == "json", message, compression)


def _invalid(words: str) -> CallError:
    return invalid_fields([FieldViolation("", f"a query with {words}")])
