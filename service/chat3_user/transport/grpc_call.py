"""gRPC: the status of a call comes in HTTP/2's trailers."""

from collections.abc import Mapping
from typing import ClassVar, Final

from grpclib.exceptions import GRPCError

from chat3_user.transport.enveloped_call import EnvelopedCall
from chat3_user.transport.fields import Fields, encoded
from chat3_user.transport.messages import ENCODINGS, GZIP
from chat3_user.transport.metadata import check_te, timeout, trailers

_PROTO: Final[Fields] = [(b":status", b"200"), (b"content-type", b"application/grpc+proto")]
_JSON: Final[Fields] = [(b":status", b"200"), (b"content-type", b"application/grpc+json")]
_GZIP: Final[Fields] = [(b"grpc-encoding", GZIP.encode())]
_PROTO_GZIP: Final = _PROTO + _GZIP
_ENCODINGS: Final = (b"grpc-accept-encoding", ENCODINGS.encode())


class GrpcCall(EnvelopedCall):
    """A call of gRPC's own protocol; HTTP/2 only."""

    __slots__ = ()

    protocol: ClassVar = "grpc"
    ENCODING: ClassVar = "grpc-encoding"
    ACCEPTED: ClassVar = "grpc-accept-encoding"

    def check(self) -> None:
        """Check that the client understands trailers."""
        check_te(self.metadata)

    def timeout(self) -> float | None:
        """Return the seconds in `grpc-timeout`."""
        return timeout(self.metadata)

    def headers(self) -> Fields:
        """Return the headers of the answer."""
        if self.codec is None:
            fields = _PROTO_GZIP if self.compress else _PROTO
        else:
            fields = _JSON + _GZIP if self.compress else _JSON
        return fields + encoded(self.initial) if self.initial else fields

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
