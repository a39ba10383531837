"""The ways to call the service: a protocol, a codec and a version of HTTP."""

import importlib.resources
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from harness.calls import MeasuredCall
from harness.http1 import Http1Connection
from harness.http2 import Connection, Headers


@dataclass(frozen=True)
class Way:
    """One way; ``unary`` and ``streams`` are its content types."""

    name: str
    unary: str
    streams: str
    http1: bool = False

    @property
    def json(self) -> bool:
        return self.unary.endswith("json")

    @property
    def enveloped(self) -> bool:
        """Whether a unary message has an envelope."""
        return "grpc" in self.unary

    @property
    def trailers(self) -> bool:
        """Whether it is gRPC itself, which has trailers."""
        return self.enveloped and "web" not in self.unary

    def connection(self) -> Callable[[Headers], Connection | Http1Connection]:
        """Return what makes a connection for streams."""
        if self.http1:
            return lambda headers: Http1Connection(headers, self.streams)
        return lambda headers: Connection(headers, self.streams)

    def body(self, call: MeasuredCall) -> bytes:
        """Return the body of a request."""
        message = call.request(0)
        if self.json:
            message = json.dumps(_in_json(call.path, message)).encode()
        return b"\0" + len(message).to_bytes(4) + message if self.enveloped else message


GRPC = Way("gRPC", "application/grpc", "application/grpc")
WAYS = (
    GRPC,
    Way("gRPC, JSON", "application/grpc+json", "application/grpc+json"),
    Way("gRPC-Web, HTTP/2", "application/grpc-web", "application/grpc-web"),
    Way("Connect, HTTP/2", "application/proto", "application/connect+proto"),
    Way("Connect, JSON, HTTP/2", "application/json", "application/connect+json"),
    Way("gRPC-Web, HTTP/1.1", "application/grpc-web", "application/grpc-web", http1=True),
    Way("Connect, HTTP/1.1", "application/proto", "application/connect+proto", http1=True),
    Way("Connect, JSON, HTTP/1.1", "application/json", "application/connect+json", http1=True),
)
BY_NAME = {way.name: way for way in WAYS}


@cache
def _contract() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    raw = importlib.resources.files("chat3_api").joinpath("descriptor.binpb").read_bytes()
    for file in descriptor_pb2.FileDescriptorSet.FromString(raw).file:
        pool.Add(file)
    return pool


def _in_json(path: str, message: bytes) -> dict[str, Any]:
    service, _, name = path[1:].rpartition("/")
    method = _contract().FindServiceByName(service).methods_by_name[name]
    kind = message_factory.GetMessageClass(method.input_type)
    found: dict[str, Any] = json_format.MessageToDict(kind.FromString(message))
    return found
