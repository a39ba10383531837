"""What one connection, one address and all of a worker may take before anybody is known."""

from dataclasses import dataclass
from typing import Annotated, Final

from msgspec import Meta

HEADERS_FACTOR: Final = 4
"""Metadata up to the limit is taken, up to this many times as much answered, more ends the
connection."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Times are seconds, sizes bytes.

    ``control_frames`` is a number a second, ``rapid_resets`` one in ten seconds.
    """

    max_age: Annotated[
        float,
        Meta(
            gt=0,
            description="maximum age of a connection; the client is asked to reconnect up to 20 %"
            " earlier",
        ),
    ] = 1800.0
    connections: Annotated[
        int,
        Meta(
            ge=1,
            description="most open connections of one worker; it raises its limit of file"
            " descriptors accordingly, or logs the lower number that the limit allows",
        ),
    ] = 10_000
    connections_per_address: Annotated[
        int, Meta(ge=1, description="most open connections of one address on one worker")
    ] = 8_000
    streams: Annotated[
        int,
        Meta(ge=1, le=10_000, description="most concurrent calls and streams on one connection"),
    ] = 100
    handshake_timeout: Annotated[
        float,
        Meta(
            gt=0, description="timeout for a client's TLS handshake, and for its HTTP/2 handshake"
        ),
    ] = 10.0
    request_timeout: Annotated[
        float, Meta(gt=0, description="longest time from the beginning to the end of a request")
    ] = 20.0
    stall_timeout: Annotated[
        float,
        Meta(gt=0, description="longest wait for a client that does not read its data"),
    ] = 60.0
    metadata_bytes: Annotated[
        int,
        Meta(
            ge=1024,
            le=1_048_576,
            description="largest metadata of a call; more than four times as much ends the"
            " connection",
        ),
    ] = 16_384
    metadata_fields: Annotated[
        int,
        Meta(
            ge=32,
            le=10_000,
            description="most metadata fields of a call; more than four times as many end the"
            " connection",
        ),
    ] = 128
    request_bytes: Annotated[int, Meta(ge=1024, description="largest request message")] = 524_288
    unfinished_bytes: Annotated[
        int,
        Meta(
            ge=1_048_576,
            description="most memory of one worker for incomplete requests; when it is used up,"
            " the address with the most bytes loses its oldest request",
        ),
    ] = 33_554_432
    control_frames: Annotated[
        int,
        Meta(
            ge=1,
            description="most HTTP/2 control frames per second on one connection; more end it",
        ),
    ] = 100
    rapid_resets: Annotated[
        int,
        Meta(
            ge=1,
            description="most calls of one connection, in 10 s, that are cancelled within a"
            " second of their start; more end it",
        ),
    ] = 100
    trusted_proxies: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="number of proxies in front that add to x-forwarded-for; 0 uses the"
            " address of the connection",
        ),
    ] = 0
    proxy_protocol: Annotated[
        bool,
        Meta(
            description="expect a PROXY protocol v2 header on every connection; others are refused"
        ),
    ] = False
