"""What one connection, one address and all of a worker may take before anybody is known."""

from dataclasses import dataclass
from typing import Final

HEADERS_FACTOR: Final = 4
"""Metadata up to the limit is taken, up to this many times as much answered, more ends the
connection."""


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Times are seconds, sizes bytes; `EdgeSettings` says what each protects.

    ``max_age`` is the age at which a connection is asked to go away, 0 to 20 % earlier.
    ``control_frames`` is a number a second, ``rapid_resets`` one in ten seconds.
    """

    max_age: float = 1800.0
    connections: int = 10_000
    connections_per_address: int = 8_000
    streams: int = 100
    handshake_timeout: float = 10.0
    request_timeout: float = 20.0
    stall_timeout: float = 60.0
    metadata_bytes: int = 16_384
    metadata_fields: int = 128
    request_bytes: int = 524_288
    unfinished_bytes: int = 33_554_432
    control_frames: int = 100
    rapid_resets: int = 100
    trusted_proxies: int = 0
    proxy_protocol: bool = False
