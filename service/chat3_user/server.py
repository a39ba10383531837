"""The gRPC server: our service, health and reflection on one listener."""

import importlib.resources
import socket
import ssl
from collections.abc import Collection
from typing import Any, Final

# The well-known types are imported so that the pool has them before the contract asks.
from google.protobuf import (  # noqa: F401
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    struct_pb2,
    timestamp_pb2,
)
from grpclib.config import Configuration
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.health.check import ServiceStatus
from grpclib.health.service import OVERALL, Health

from chat3_user.http2 import Connection, Http2Server
from chat3_user.limits.frames import ConnectionLimits
from chat3_user.reflection import with_reflection
from chat3_user.rpc import UserService
from chat3_user.wire import GrpcCodec

SERVICE_NAME: Final = "chat3.user.v1.UserService"

# A client that vanished without a word is found within a minute and a half.
_OPTIONS: Final = {
    "_keepalive_time": 60.0,
    "_keepalive_timeout": 20.0,
    "_http2_max_pings_without_data": 0,
    "_http2_min_sent_ping_interval_without_data": 30.0,
    # What clients may have sent and no call has read yet: requests are small.
    "http2_connection_window_size": 1_048_576,
    "http2_stream_window_size": 262_144,
}


class GrpcServer:
    """A listener and its health; created and closed by the composition root."""

    def __init__(self, service: UserService, limits: ConnectionLimits) -> None:
        _load_descriptors()
        self._status = ServiceStatus()
        health = Health({service: [self._status], OVERALL: [self._status]})
        self._server = Http2Server(
            with_reflection([service, health]),
            codec=GrpcCodec(),
            status_details_codec=ProtoStatusDetailsCodec(),
            limits=limits,
            config=Configuration(**_OPTIONS),  # type: ignore[arg-type]  # private options
        )

    async def start(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Listen; return the port."""
        listener = socket.create_server(
            (host, port),
            family=socket.AF_INET6 if ":" in host else socket.AF_INET,
            backlog=4096,
            reuse_port=True,
        )
        listener.setblocking(False)  # noqa: FBT003 - the standard library's signature
        await self._server.listen(listener, tls=tls, backlog=4096)
        self.set_serving(serving=True)
        bound: int = listener.getsockname()[1]
        return bound

    @property
    def connections(self) -> Collection[Connection]:
        """The open connections."""
        return self._server.connections

    def set_serving(self, *, serving: bool) -> None:
        """Say by the health service whether calls should come here."""
        self._status.set(serving)

    async def drain(self, grace: float) -> None:
        """Send callers elsewhere, and wait up to ``grace`` seconds for calls in flight."""
        self.set_serving(serving=False)
        await self._server.drain(grace)

    async def close(self) -> None:
        """Cancel what is still running and close all connections."""
        self._server.abort()
        await self._server.wait_closed()


def _load_descriptors() -> None:
    """Make the contract's descriptors known to reflection, where they are not yet."""
    raw = importlib.resources.files("chat3_api").joinpath("descriptor.binpb").read_bytes()
    pool: Any = descriptor_pool.Default()
    for file in descriptor_pb2.FileDescriptorSet.FromString(raw).file:
        try:
            pool.FindFileByName(file.name)
        except KeyError:
            pool.AddSerializedFile(file.SerializeToString())
