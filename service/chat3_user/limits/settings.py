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
    metadata_max_fields: Annotated[
        int,
        Meta(
            ge=32,
            le=10_000,
            description="most metadata fields of a call; four times as many end the connection",
        ),
    ] = 128
    request_timeout: Annotated[
        float, Meta(gt=0, description="longest wait for a request that has begun to be whole")
    ] = 20.0
    unfinished_max_bytes: Annotated[
        int,
        Meta(
            ge=1_048_576,
            description="memory of one worker for requests that have begun and are not whole; when"
            " it is used up, the address with most of it loses its oldest",
        ),
    ] = 33_554_432
    stall_timeout: Annotated[
        float,
        Meta(gt=0, description="longest wait for a client that has something to read and does not"),
    ] = 60.0
    shutdown_delay: Annotated[
        float,
        Meta(
            ge=0,
            description="how long new connections are still taken after SIGTERM, while readiness is"
            " off already",
        ),
    ] = 2.0
    deadline_max: Annotated[
        float,
        Meta(gt=0, description="longest deadline a unary call may bring; longer ones are cut"),
    ] = 300.0
    connections_max: Annotated[
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
    library_calls_max: Annotated[
        int,
        Meta(
            ge=10,
            description="health and reflection calls at once on one worker; one address has at most"
            " four fifths",
        ),
    ] = 1000
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
    refused_keys_per_address: Annotated[
        str,
        Meta(
            pattern=RATE_PATTERN,
            description="calls with a refused API key one address may make before its unproved keys"
            " are no longer tried; empty: any number",
        ),
    ] = "600/minute"
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
