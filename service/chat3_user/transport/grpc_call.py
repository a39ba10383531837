"""gRPC: the status of a call comes in HTTP/2's trailers."""

from collections.abc import Mapping
from typing import ClassVar, Final

from grpclib.exceptions import GRPCError

from chat3_user.transport.enveloped_call import EnvelopedCall
from chat3_user.transport.fields import Fields
from chat3_user.transport.messages import ENCODINGS, GZIP
from chat3_user.transport.metadata import check_te, timeout, trailers

_ENCODINGS: Final = (b"grpc-accept-encoding", ENCODINGS.encode())


class GrpcCall(EnvelopedCall):
    """A call of gRPC's own protocol; HTTP/2 only."""

    __slots__ = ()

    protocol: ClassVar = "grpc"
    ENCODING: ClassVar = "grpc-encoding"
    ACCEPTED: ClassVar = "grpc-accept-encoding"
    PROTO: ClassVar[Fields] = [(b":status", b"200"), (b"content-type", b"application/grpc+proto")]
    JSON: ClassVar[Fields] = [(b":status", b"200"), (b"content-type", b"application/grpc+json")]
    GZIP: ClassVar[Fields] = [(b"grpc-encoding", GZIP.encode())]

    def check(self) -> None:
        """Check that the client understands trailers."""
        check_te(self.metadata)

    def timeout(self) -> float | None:
        """Return the seconds in `grpc-timeout`."""
        return timeout(self.metadata)

    def ending(
        self, trailing: Mapping[str, str], failure: GRPCError | None
    ) -> tuple[bytes, Fields | None]:
        """Return the trailers that end the call."""
        return b"", trailers(trailing, failure)

    def fail(self, failure: GRPCError, trailing: Mapping[str, str]) -> None:
        """End the call with a failure, in headers alone where none were sent."""
        if self._begun or self.ended:
            super().fail(failure, trailing)
        else:
            fields = [*self.headers(), _ENCODINGS, *trailers(trailing, failure)]
            self._stream.send_only_headers(fields)
