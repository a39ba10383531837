"""Reads single values of the command line, and says what is wrong with them."""

import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping
from math import isinf
from pathlib import Path
from typing import Any, NoReturn

LAST_PORT = 0xFFFF
DAY_SECONDS = 86_400
INT32_SPAN = 2**31


def address(text: str) -> tuple[str, int]:
    """Read `host:port`, an IPv6 host in brackets."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) <= LAST_PORT):
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def text(given: str) -> str:
    """Read a text that can be sent: bytes of a shell that are no UTF-8 cannot."""
    if any("\ud800" <= character <= "\udfff" for character in given):
        raise ArgumentTypeError("is no valid UTF-8")
    return given


def header(text: str) -> str:
    """Read what travels in request metadata."""
    if not all("!" <= character <= "~" for character in text):
        raise ArgumentTypeError("may hold visible ASCII characters only")
    return text


def seconds(text: str) -> float:
    """Read a positive number of seconds."""
    value = float(text)
    # Written so that NaN, which compares with nothing, is refused as well.
    if not 0 < value <= DAY_SECONDS:
        raise ArgumentTypeError("must be a number of seconds, more than 0 and at most a day")
    return value


def int32(text: str) -> int:
    """Read what fits into an int32 field: the codec would cut off what does not."""
    value = int(text)
    if not -INT32_SPAN <= value < INT32_SPAN:
        raise ArgumentTypeError("is too large a number")
    return value


def count(text: str) -> int:
    """Read a number of things."""
    value = int(text)
    if value < 0:
        raise ArgumentTypeError("must be 0 or more")
    return value


def file(text: str) -> Path:
    """Read the path of a file that exists."""
    path = Path(text)
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text!r}")
    return path


def named(known: Mapping[str, Any]) -> Callable[[str], Any]:
    """Read the name of one of the known values."""

    def read(text: str) -> Any:
        if text not in known:
            raise ArgumentTypeError(f"invalid choice: {text!r} (choose from {', '.join(known)})")
        return known[text]

    return read


def id_or_none(text: str) -> str | None:
    """Read an id, or the word that stands for none."""
    return None if text == "none" else text


def pair(text: str) -> tuple[str, str]:
    """Read `key=text`; the text may be empty and may hold further equals signs."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def json_pair(text: str) -> tuple[str, Any]:
    """Read `key=JSON`."""
    key, value = pair(text)
    return key, json_value(value)


def under(key: str) -> Callable[[str], tuple[str, str]]:
    """Read a text that is kept under a key of its own."""
    return lambda text: (key, text)


def json_object(text: str) -> dict[str, Any]:
    """Read a JSON object."""
    value = json_value(text)
    if not isinstance(value, dict):
        raise ArgumentTypeError("must be a JSON object, such as '{\"key\": 1}'")
    return value


def json_value(text: str) -> Any:
    """Read any JSON value; its numbers are doubles."""

    def refuse(constant: str) -> NoReturn:
        raise ArgumentTypeError(f"{constant} is no JSON")

    def number(digits: str) -> float:
        # Open data knows doubles only.
        if isinf(value := float(digits)):
            refuse(digits)
        return value

    try:
        value = json.loads(text, parse_constant=refuse, parse_int=number, parse_float=number)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be sent
    except (ValueError, RecursionError) as error:
        raise ArgumentTypeError(f"is no JSON: {error}") from None
    return value
