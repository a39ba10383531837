"""Reads single values of the command line, and says what is wrong with them."""

import json
from argparse import ArgumentTypeError
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isinf
from pathlib import Path
from typing import Any, NoReturn

from chat3_cli.meant import meant

LAST_PORT = 0xFFFF
DAY_SECONDS = 86_400
INT32_SPAN = 2**31

_PORTS = {"http": "80", "https": "443", "grpc": "50051", "grpcs": "443"}
_ENCRYPTED = ("https", "grpcs")


def address(text: str) -> tuple[str, int]:
    """Read `host:port`, an IPv6 host in brackets; say what else the text is."""
    host, colon, port = text.rpartition(":")
    inner = host.removeprefix("[").removesuffix("]")
    problem = _problem_of_address(text, host, port) if colon else "it has no port, such as :443"
    if problem:
        raise ArgumentTypeError(f"{text!r} is not HOST:PORT: {problem}")
    return inner, int(port)


def _problem_of_address(text: str, host: str, port: str) -> str:
    if "://" in text:
        return _problem_of_scheme(text)
    rules = (
        ("/" in port, "it has a path, and gRPC has none; leave it out"),
        (
            ":" in host and not (host.startswith("[") and host.endswith("]")),
            "write an IPv6 address in brackets, such as [::1]:443",
        ),
        (not host.strip("[]"), "it has no host"),
        (any(character.isspace() for character in host), "it has white space in it"),
        (
            not (port.isascii() and port.isdigit() and 0 < int(port) <= LAST_PORT),
            f"a port is a number from 1 to {LAST_PORT}",
        ),
    )
    return next((problem for broken, problem in rules if broken), "")


def _problem_of_scheme(text: str) -> str:
    scheme, _, rest = text.partition("://")
    place = rest.partition("/")[0] or "HOST"
    has_port = ":" in place.rpartition("]")[2]
    shown = place if has_port else f"{place}:{_PORTS.get(scheme.lower(), '443')}"
    return f"it has a scheme; write {shown}{' and --tls' if scheme.lower() in _ENCRYPTED else ''}"


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
    path = Path(text).expanduser()
    if not path.is_file():
        raise ArgumentTypeError(f"there is no file {text!r}")
    return path


@dataclass(frozen=True, slots=True, eq=False)  # argparse wants it hashable
class OneOfNames:
    """Reads one of the known names."""

    names: Sequence[str]

    def __call__(self, text: str) -> str:
        """Read it."""
        if text not in self.names:
            choices = ", ".join(self.names)
            guess = meant(text, self.names)
            raise ArgumentTypeError(f"invalid choice: {text!r}{guess} (choose from {choices})")
        return text


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """Reads the name of one of the known values."""

    known: Mapping[str, Any]

    @property
    def names(self) -> Sequence[str]:
        """The names."""
        return tuple(self.known)

    def __call__(self, text: str) -> Any:
        """Read it."""
        return self.known[OneOfNames(self.names)(text)]


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
        # Custom data knows doubles only.
        if isinf(value := float(digits)):
            refuse(digits)
        return value

    try:
        value = json.loads(text, parse_constant=refuse, parse_int=number, parse_float=number)
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair cannot be sent
    except (ValueError, RecursionError) as error:
        raise ArgumentTypeError(f"is no JSON: {error}") from None
    return value
