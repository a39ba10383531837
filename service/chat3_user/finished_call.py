"""The record of a finished call, which logs and metrics are made from.

It has typed fields only, and none for what a call carries: no content, key or token can get in.
"""

from collections.abc import Callable
from typing import Final

import msgspec

FAULTS: Final = frozenset({"UNAVAILABLE", "INTERNAL", "UNKNOWN", "DATA_LOSS", "DEADLINE_EXCEEDED"})
"""Statuses of calls that failed by the service's fault or the platform's, not their callers'."""

SERVER_ERRORS: Final = FAULTS | {"UNIMPLEMENTED"}
"""Statuses that OpenTelemetry's conventions count as errors of a server."""


class FinishedCall(msgspec.Struct, frozen=True, gc=False):
    """One call of a method of ours, at its end.

    ``method`` is the method's label, ``path`` its name on the wire (`/package.Service/Method`),
    ``status`` the name of the gRPC status in all protocols,
    ``reason`` that of the catalogue, empty for calls that ended well or whose callers left.
    ``tenant`` and ``user`` are empty where the caller was not accepted; ``user`` also for methods
    that have none. ``peer`` is the client's address. ``upstream_seconds`` are those of all requests
    to tenant-api together, which may overlap. Bytes are those of bodies as they travelled: with
    envelopes, compressed or not, without headers. ``trace_id`` is in hexadecimal, empty without a
    trace.
    """

    method: str
    path: str
    protocol: str
    status: str
    reason: str
    tenant: str
    user: str
    peer: str
    seconds: float
    upstream_seconds: float
    upstream_requests: int
    bytes_in: int
    bytes_out: int
    request_id: str
    trace_id: str


Observer = Callable[[FinishedCall], None]
"""Gets the record of each call when it has ended; takes little time and raises nothing."""
