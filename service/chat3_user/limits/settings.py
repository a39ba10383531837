"""Settings of the outer edge: TLS, limits, rates; part of the service's settings."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

RATE_PATTERN: Final = "^([1-9][0-9]{0,8}/(second|minute|hour))?$"
"""A rate limit: so many calls in a period."""


class EdgeSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times are seconds, sizes bytes."""

    grpc_tls_cert: Annotated[
        str,
        Meta(description="PEM file of the gRPC server's certificate chain; empty serves plaintext"),
    ] = ""
    grpc_tls_key: Annotated[str, Meta(description="PEM file of the key to GRPC_TLS_CERT")] = ""
    grpc_tls_client_ca: Annotated[
        str,
        Meta(description="PEM file of the CA that signs clients; set, it refuses all others"),
    ] = ""
    tenant_api_ca_file: Annotated[
        str, Meta(description="certificates that sign tenant-api's own; empty takes the system's")
    ] = ""
    rabbitmq_ca_file: Annotated[
        str, Meta(description="certificates that sign RabbitMQ's own; empty takes the system's")
    ] = ""
    request_max_bytes: Annotated[
        int, Meta(ge=1024, description="largest request message that is read")
    ] = 524_288
    metadata_max_bytes: Annotated[
        int,
        Meta(
            ge=1024,
            le=1_048_576,
            description="most metadata of a call; four times as much ends the connection",
        ),
    ] = 16_384
    connections_max: Annotated[
        int,
        Meta(
            ge=1,
            description="open connections of one worker; it raises its limit of file descriptors to"
            " that, and logs a lower number where it may not",
        ),
    ] = 10_000
    connection_streams: Annotated[
        int, Meta(ge=1, le=10_000, description="calls and streams at once on one connection")
    ] = 100
    connection_handshake_timeout: Annotated[
        float, Meta(gt=0, description="longest wait for a client's TLS and HTTP/2 handshakes, each")
    ] = 10.0
    connection_control_frames: Annotated[
        int,
        Meta(
            ge=1,
            description="HTTP/2 frames a second, beside those of calls, that a connection survives",
        ),
    ] = 100
    connection_rapid_resets: Annotated[
        int,
        Meta(
            ge=1,
            description="calls a connection may cancel within a second of their start, in 10 s",
        ),
    ] = 100
    calls_max: Annotated[
        int, Meta(ge=1, description="unary calls at once on one worker; more are told to retry")
    ] = 1000
    streams_per_key: Annotated[
        int, Meta(ge=1, description="open streams one API key may have on one worker")
    ] = 5000
    rate_limit_user_read: Annotated[
        str,
        Meta(
            pattern=RATE_PATTERN,
            description="read calls of one user, such as 600/minute; empty: any number",
        ),
    ] = ""
    rate_limit_user_write: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="write calls of one user")
    ] = ""
    rate_limit_user_typing: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="typing calls of one user")
    ] = ""
    rate_limit_user_subscribe: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="subscribe calls of one user")
    ] = ""
    rate_limit_key_read: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="read calls of one API key")
    ] = ""
    rate_limit_key_write: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="write calls of one API key")
    ] = ""
    rate_limit_key_typing: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="typing calls of one API key")
    ] = ""
    rate_limit_key_subscribe: Annotated[
        str, Meta(pattern=RATE_PATTERN, description="subscribe calls of one API key")
    ] = ""
