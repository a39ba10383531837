"""CORS: which pages of which origins browsers let read our answers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta
from multidict import MultiMapping

from chat3_user.transport.fields import Fields

_ORIGIN: Final = re.compile(
    r"https?://[a-z0-9.\-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:.]+\](:[0-9]{1,5})?"
)

_SENT: Final = (
    "authorization, connect-accept-encoding, connect-content-encoding, connect-protocol-version,"
    " connect-timeout-ms, content-encoding, content-type, grpc-accept-encoding, grpc-encoding,"
    " grpc-timeout, traceparent, tracestate, x-api-key, x-grpc-web, x-request-id, x-tenant-id,"
    " x-user-agent, x-user-id"
)
"""What pages may send."""

_TRAILING: Final = (
    "grpc-retry-pushback-ms",
    "idempotency-replayed",
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "x-request-id",
)
_READ: Final = ", ".join(
    [
        "connect-content-encoding",
        "content-encoding",
        "grpc-encoding",
        "grpc-message",
        "grpc-status",
        "grpc-status-details-bin",
        *_TRAILING,
        *(f"trailer-{name}" for name in _TRAILING),
    ]
)
"""What pages may read, beside what every page may."""


@dataclass(frozen=True, slots=True)
class CorsSettings:
    """Whose pages may call, and for how many seconds browsers keep that."""

    origins: Annotated[
        str,
        Meta(
            description="origins whose pages may call, separated by commas, such as"
            " https://chat.example.com; empty allows none"
        ),
    ] = ""
    max_age: Annotated[
        int,
        Meta(ge=0, le=86_400, description="how long a browser caches the response to a preflight"),
    ] = 7200


class Cors:
    """The allow list of a listener.

    No answer allows credentials of the browser (cookies, client certificates): callers are known by
    headers alone, which a page of another origin cannot have set without a preflight.
    """

    def __init__(self, settings: CorsSettings) -> None:
        self._origins = frozenset(_origins(settings))
        self._max_age = str(settings.max_age).encode()

    def fields(self, origin: str | None) -> Fields:
        """Return what every answer to ``origin`` says."""
        if not self._origins or origin is None:
            return []
        if origin not in self._origins:
            return [(b"vary", b"origin")]
        return [
            (b"access-control-allow-origin", origin.encode()),
            (b"access-control-expose-headers", _READ.encode()),
            (b"vary", b"origin"),
        ]

    def preflight(self, metadata: MultiMapping[str]) -> Fields | None:
        """Return the answer to a preflight; nothing where its origin may not call."""
        origin = metadata.get("origin")
        if origin not in self._origins or "access-control-request-method" not in metadata:
            return None
        return [
            (b":status", b"204"),
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", _SENT.encode()),
            (b"access-control-max-age", self._max_age),
        ]


def strange_origins(settings: CorsSettings) -> Sequence[str]:
    """Return what stands in the allow list and is no origin, as browsers write theirs."""
    return [origin for origin in _origins(settings) if _ORIGIN.fullmatch(origin) is None]


def _origins(settings: CorsSettings) -> Sequence[str]:
    return [origin for part in settings.origins.split(",") if (origin := part.strip())]
