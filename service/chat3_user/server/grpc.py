"""The gRPC server: our services, health and reflection on one listener."""

import importlib.resources
import math
import socket
import ssl
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

# The well-known types are imported so that the pool has them before the contract asks.
from google.protobuf import (  # noqa: F401
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    struct_pb2,
    timestamp_pb2,
)
from grpclib.const import Handler

from chat3_user.health.grpc_service import HealthService
from chat3_user.metrics.transport import TransportMetrics
from chat3_user.rpc import Served
from chat3_user.server.reflection import with_reflection
from chat3_user.transport import (
    Connection,
    ConnectionLimits,
    CorsSettings,
    Listener,
    Places,
    Route,
    library_route,
)

_SHARE: Final = 0.8
"""The part of all places for health and reflection that one address may have."""


class GrpcServer:
    """A listener and its health; created and closed by the composition root."""

    def __init__(
        self,
        services: Sequence[Served],
        limits: ConnectionLimits,
        metrics: TransportMetrics,
        library_calls: int,
        cors: CorsSettings,
    ) -> None:
        load_contract()
        self.health = HealthService(map(_name, services))
        places = Places(library_calls, math.ceil(library_calls * _SHARE))
        routes: dict[str, Route] = {}
        for served in with_reflection([*services, self.health]):
            mapping: Mapping[str, Handler] = served.__mapping__()
            for path, handler in mapping.items():
                routes[path] = (
                    Route(
                        handler.func,
                        streams_requests=handler.cardinality.client_streaming,
                        streams_answers=handler.cardinality.server_streaming,
                        safe=_is_safe(path),
                    )
                    if isinstance(served, Served)
                    else library_route(handler, places, limits.max_age)
                )
        self.listener = Listener(routes, limits, metrics, cors=cors)

    async def start(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Listen; return the port."""
        listener = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=4096,
            reuse_port=True,
        )
        listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
        await self.listener.listen(listener, tls=tls)
        bound: int = listener.getsockname()[1]
        return bound

    @property
    def connections(self) -> Collection[Connection]:
        """The open connections."""
        return self.listener.connections

    @property
    def requests(self) -> int:
        """The number of requests under way, streams among them."""
        return sum(len(connection.streams) for connection in self.connections)

    async def drain(self, grace: float) -> None:
        """Send callers elsewhere, and wait up to ``grace`` seconds for calls in flight."""
        self.health.end()
        await self.listener.drain(grace)

    async def close(self) -> None:
        """Give what is still running its status, and close all connections."""
        await self.listener.close()


def _name(served: Served) -> str:
    path = next(iter(served.__mapping__()))
    return path[1:].partition("/")[0]


def _is_safe(path: str) -> bool:
    """Return whether the contract says of a method that it has no side effects."""
    service, _, name = path[1:].rpartition("/")
    method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    level: int = method.GetOptions().idempotency_level
    return level == descriptor_pb2.MethodOptions.NO_SIDE_EFFECTS


def load_contract() -> None:
    """Make the contract's descriptors known to reflection, where they are not yet."""
    raw = importlib.resources.files("chat3_api").joinpath("descriptor.binpb").read_bytes()
    pool: Any = descriptor_pool.Default()
    for file in descriptor_pb2.FileDescriptorSet.FromString(raw).file:
        try:
            pool.FindFileByName(file.name)
        except KeyError:
            pool.AddSerializedFile(file.SerializeToString())
