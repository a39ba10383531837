"""Exceptions as logs have them: their types and places; texts only where those say no content.

The text of an exception can hold what a caller sent: a value that does not decode, the key of a
dictionary, the body of an answer. So only texts that cannot are written.
"""

import re
import traceback
from collections.abc import Iterator
from typing import Final, Protocol, runtime_checkable

import msgspec

_PATH: Final = re.compile(r" - at `(\$[A-Za-z0-9_.\[\]]*)`$")
"""Where in a document msgspec found a fault: names of fields that we know, and places of others."""
_MOST: Final = 300
"""Characters of a text."""
_DEEP: Final = 5
"""Exceptions in a chain that are written."""


@runtime_checkable
class Loggable(Protocol):
    """An exception that knows what may be logged of it."""

    @property
    def loggable(self) -> str:
        """Words that hold nothing of a caller's."""


def described(error: BaseException) -> str:
    """Return an exception in words, with its cause where that alone says more."""
    words = _own(error)
    cause = _before(error)
    if words == type(error).__name__ and cause is not None and cause is not error:
        return f"{words}: {_own(cause)}"
    return words


def traced(error: BaseException) -> Iterator[str]:
    """Yield the lines of a traceback, causes first; of exceptions what `described` says."""
    chain: list[BaseException] = []
    at: BaseException | None = error
    while at is not None and at not in chain and len(chain) < _DEEP:
        chain.append(at)
        at = _before(at)
    for number, each in enumerate(reversed(chain)):
        if number:
            yield "then:"
        for frame in traceback.extract_tb(each.__traceback__):
            yield f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line or ''}"
        yield _own(each)
        if isinstance(each, BaseExceptionGroup):
            for one in each.exceptions[:_DEEP]:
                yield "of which:"
                yield from traced(one)


def _before(error: BaseException) -> BaseException | None:
    """Return the exception that led to this one."""
    return error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _own(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, Loggable):
        return f"{name}: {error.loggable}"[:_MOST]
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"[:_MOST]
    if isinstance(error, msgspec.ValidationError):
        found = _PATH.search(str(error))
        return f"{name} at {found[1]}" if found else name
    return name
