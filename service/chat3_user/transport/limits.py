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
        Meta(gt=0, description="age at which a client is asked to reconnect, 0 to 20 % earlier"),
    ] = 1800.0
    connections: Annotated[
        int,
        Meta(
            ge=1,
            description="open connections of one worker; it raises its limit of file descriptors to"
            " that, and logs a lower number where it may not",
        ),
    ] = 10_000
    connections_per_address: Annotated[
        int, Meta(ge=1, description="open connections one address may have on one worker")
    ] = 8_000
    streams: Annotated[
        int, Meta(ge=1, le=10_000, description="calls and streams at once on one connection")
    ] = 100
    handshake_timeout: Annotated[
        float, Meta(gt=0, description="longest wait for a client's TLS and HTTP/2 handshakes, each")
    ] = 10.0
    request_timeout: Annotated[
        float, Meta(gt=0, description="longest wait for a request that has begun to be whole")
    ] = 20.0
    stall_timeout: Annotated[
        float,
        Meta(gt=0, description="longest wait for a client that has something to read and does not"),
    ] = 60.0
    metadata_bytes: Annotated[
        int,
        Meta(
            ge=1024,
            le=1_048_576,
            description="most metadata of a call; four times as much ends the connection",
        ),
    ] = 16_384
    metadata_fields: Annotated[
        int,
        Meta(
            ge=32,
            le=10_000,
            description="most metadata fields of a call; four times as many end the connection",
        ),
    ] = 128
    request_bytes: Annotated[
        int, Meta(ge=1024, description="largest request message that is read")
    ] = 524_288
    unfinished_bytes: Annotated[
        int,
        Meta(
            ge=1_048_576,
            description="memory of one worker for requests that have begun and are not whole; when"
            " it is used up, the address with most of it loses its oldest",
        ),
    ] = 33_554_432
    control_frames: Annotated[
        int,
        Meta(
            ge=1,
            description="HTTP/2 frames a second, beside those of calls, that a connection survives",
        ),
    ] = 100
    rapid_resets: Annotated[
        int,
        Meta(
            ge=1,
            description="calls a connection may cancel within a second of their start, in 10 s",
        ),
    ] = 100
    trusted_proxies: Annotated[
        int,
        Meta(
            ge=0,
            le=10,
            description="proxies in front that each add to x-forwarded-for; 0 takes the address"
            " from the connection",
        ),
    ] = 0
    proxy_protocol: Annotated[
        bool,
        Meta(description="connections begin with a PROXY protocol v2 header; others are refused"),
    ] = False
