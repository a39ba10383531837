"""Trace contexts on their way through: from a request's headers to those of its updates.

The platform that was recorded has no such thing. This plays one that keeps the context of a request
with its events; counter updates, which another worker makes later, come without.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADERS: Final = ("traceparent", "tracestate", "baggage")

_carried: ContextVar[Mapping[str, str]] = ContextVar("carried")


def carry(headers: Mapping[str, str]) -> None:
    """Keep the trace context of the request that is being handled, if it has one."""
    _carried.set({name: headers[name] for name in _HEADERS if name in headers})


def carried() -> Mapping[str, str]:
    """Return the headers of the trace context that was kept."""
    return _carried.get({})
