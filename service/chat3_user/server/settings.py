"""Where the service listens, with how many processes, and how long its end may take."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Times are seconds."""

    host: Annotated[str, Meta(description="address the gRPC server listens on")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="port of the gRPC server; 0 takes a free one")
    ] = 50051
    port_shared: Annotated[
        bool,
        Meta(
            description="let other services listen on GRPC_PORT too, such as the next version while"
            " this one drains; the kernel spreads connections over all"
        ),
    ] = False
    workers: Annotated[
        int,
        Meta(
            ge=0,
            description="processes that share the port; 0 is one per core (one with DEMO);"
            " worker n serves its operators' HTTP on OPS_PORT + n",
        ),
    ] = 0
    library_calls: Annotated[
        int,
        Meta(
            ge=10,
            description="health and reflection calls at once on one worker; one address has at most"
            " four fifths",
        ),
    ] = 1000
    shutdown_delay: Annotated[
        float,
        Meta(
            ge=0,
            description="how long new connections are still taken after SIGTERM, while readiness is"
            " off already",
        ),
    ] = 2.0
    shutdown_grace: Annotated[
        float, Meta(ge=0, description="how long calls in flight may go on after SIGTERM")
    ] = 10.0
