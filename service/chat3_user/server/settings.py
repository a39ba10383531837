"""Where the service listens, with how many processes, and how long its end may take."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Times are seconds."""

    host: Annotated[str, Meta(description="address on which the gRPC server listens")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65535, description="port of the gRPC server; 0 chooses a free one")
    ] = 50051
    port_shared: Annotated[
        bool,
        Meta(
            description="allow other processes to listen on GRPC_PORT, such as the next version"
            " while this one drains; the kernel distributes connections among all"
        ),
    ] = False
    workers: Annotated[
        int,
        Meta(
            ge=0,
            description="number of worker processes that share the port; 0 means one per core"
            " (one with DEMO); the operators' HTTP port of worker n is OPS_PORT + n",
        ),
    ] = 0
    worker_stall_timeout: Annotated[
        float,
        Meta(
            ge=2,
            description="with several workers: one that has given no sign of life for this long,"
            " because it hangs or is stopped, is killed and restarted",
        ),
    ] = 30.0
    library_calls: Annotated[
        int,
        Meta(
            ge=10,
            description="most concurrent health and reflection calls on one worker; one address"
            " can take at most four fifths",
        ),
    ] = 1000
    shutdown_delay: Annotated[
        float,
        Meta(
            ge=0,
            description="how long the service still accepts connections after SIGTERM, when it"
            " already reports that it is not ready",
        ),
    ] = 2.0
    shutdown_grace: Annotated[
        float, Meta(ge=0, description="how long calls in progress may continue after SIGTERM")
    ] = 10.0
