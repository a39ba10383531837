"""Reads texts, JSON and ids from standard input, where an argument is `-`."""

import sys
from argparse import ArgumentTypeError, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chat3_cli.settings.errors import SettingsError

LARGEST = 1024 * 1024
"""No request is as large; whoever sends more has mistaken the file."""


@dataclass(frozen=True, slots=True)
class FromInput:
    """Stands for what standard input has, until it is read."""

    read: Callable[[str], Any]


def or_input(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Read a value by a rule, `-` from standard input."""

    def from_either(text: str) -> Any:
        return FromInput(read) if text == "-" else read(text)

    # What argparse calls a value that raises ValueError.
    from_either.__name__ = getattr(read, "__name__", "value")
    return from_either


def line_or_lines(text: str) -> Any:
    """Read one of several values; `-` stands for the lines of standard input."""
    return FromInput(_lines) if text == "-" else text


def fill(args: Namespace, *, taken: bool) -> None:
    """Put into the arguments what standard input has; it is read once.

    Raises `SettingsError`.
    """
    waiting = [(name, value) for name, value in vars(args).items() if _holds_input(value)]
    wanted = sum(_count(value) for _, value in waiting)
    if wanted + taken > 1:
        raise SettingsError("standard input is read once: give one `-`")
    for name, value in waiting:
        setattr(args, name, _filled(value))


def _holds_input(value: object) -> bool:
    return _count(value) > 0


def _count(value: object) -> int:
    if isinstance(value, list):
        return sum(isinstance(item, FromInput) for item in value)
    return int(isinstance(value, FromInput))


def _filled(value: Any) -> Any:
    if isinstance(value, FromInput):
        return _read(value)
    filled: list[Any] = []
    for item in value:
        filled += _read(item) if isinstance(item, FromInput) else [item]
    return filled


def _read(wanted: FromInput) -> Any:
    if sys.stdin is None:
        raise SettingsError("standard input is closed")
    raw = sys.stdin.buffer.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise SettingsError(f"standard input has more than {LARGEST} bytes")
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        raise SettingsError("standard input is no valid UTF-8") from None
    # The line break that ends a text file is not part of its text.
    text = text.removesuffix("\n").removesuffix("\r")
    try:
        return wanted.read(text)
    except (ArgumentTypeError, ValueError) as error:
        raise SettingsError(f"standard input {error}") from None


def _lines(text: str) -> list[str]:
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if not found:
        raise ArgumentTypeError("is empty: it should have one id a line")
    return found
