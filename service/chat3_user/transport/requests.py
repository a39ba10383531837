"""The head of a request, whatever version of HTTP brought it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from multidict import MultiDict

_FIELD_OVERHEAD: Final = 32
"""What HTTP/2 adds to a field when it counts the size of all."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client says before its body: ``size`` counts as HTTP/2 does, ``fields`` are all."""

    method: str
    path: str
    query: str
    metadata: MultiDict[str]
    size: int
    fields: int
    version: int
    """HTTP's major version."""


def request_of(
    headers: Iterable[tuple[bytes, bytes]],
    method: str = "",
    target: str = "",
    version: int = 2,
) -> Request:
    """Return the head in ``headers``; HTTP/2 has its method and its target among them."""
    metadata: MultiDict[str] = MultiDict()
    size, fields = len(method) + len(target), 0
    for name, value in headers:
        size += len(name) + len(value) + _FIELD_OVERHEAD
        fields += 1
        if name[:1] != b":":
            # A header that is not ASCII is the fault of one request, not of the connection.
            metadata.add(name.decode("latin-1"), value.decode("latin-1"))
        elif name == b":path":
            target = value.decode("latin-1")
        elif name == b":method":
            method = value.decode("latin-1")
    path, _, query = target.partition("?")
    return Request(method, path, query, metadata, size, fields, version)


def origin_form(target: str) -> str:
    """Return the target of a request without scheme and authority, which proxies may send."""
    before, scheme, rest = target.partition("://")
    if not scheme or "/" in before or "?" in before:
        return target
    return "/" + rest.partition("/")[2]
