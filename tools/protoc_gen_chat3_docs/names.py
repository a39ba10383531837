"""Turns names of the contract into words: `message_calls` becomes `Message calls`."""

import re

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words(name: str) -> str:
    """Give a name in any case as words, the first one capitalised."""
    spaced = _HUMP.sub("_", name).replace(".", "_").replace("_", " ").lower()
    return spaced[:1].upper() + spaced[1:]


def snake_case(name: str) -> str:
    """Give a name in camel case as generated Python code has it."""
    return _HUMP.sub("_", name).lower()
