"""gRPC-Web: gRPC for clients that see no trailers; they come as the last envelope of the body."""

from collections.abc import Mapping
from typing import ClassVar, Final

from grpclib.exceptions import GRPCError

from chat3_user.transport.enveloped_call import UNBUFFERED, EnvelopedCall
from chat3_user.transport.fields import Fields
from chat3_user.transport.messages import ENCODINGS, GZIP, envelope
from chat3_user.transport.metadata import timeout, trailers

_TRAILERS: Final = 0x80
"""The flag of the envelope that holds trailers."""

_HEADERS: Final[Fields] = [
    (b":status", b"200"),
    (b"grpc-accept-encoding", ENCODINGS.encode()),
    *UNBUFFERED,
]


class GrpcWebCall(EnvelopedCall):
    """A call of gRPC-Web, in its binary form."""

    __slots__ = ()

    protocol: ClassVar = "grpc_web"
    ENCODING: ClassVar = "grpc-encoding"
    ACCEPTED: ClassVar = "grpc-accept-encoding"
    PROTO: ClassVar[Fields] = [*_HEADERS, (b"content-type", b"application/grpc-web+proto")]
    JSON: ClassVar[Fields] = [*_HEADERS, (b"content-type", b"application/grpc-web+json")]
    GZIP: ClassVar[Fields] = [(b"grpc-encoding", GZIP.encode())]

    def check(self) -> None:
        """Take any headers: nothing is wanted of them."""

    def timeout(self) -> float | None:
        """Return the seconds in `grpc-timeout`."""
        return timeout(self.metadata)

    def ending(
        self, trailing: Mapping[str, str], failure: GRPCError | None
    ) -> tuple[bytes, Fields | None]:
        """Return the envelope of trailers that ends the call."""
        lines = [name + b": " + value + b"\r\n" for name, value in trailers(trailing, failure)]
        return envelope(_TRAILERS, b"".join(lines)), None
