"""Connect's streams: envelopes like gRPC's; the last one holds the status and trailing metadata."""

from collections.abc import Mapping
from typing import ClassVar, Final

from grpclib.exceptions import GRPCError

from chat3_user.transport.connect_error import end_json
from chat3_user.transport.connect_metadata import check_version, timeout
from chat3_user.transport.enveloped_call import UNBUFFERED, EnvelopedCall
from chat3_user.transport.fields import Fields
from chat3_user.transport.messages import ENCODINGS, GZIP, envelope

_END: Final = 0x02
"""The flag of the last envelope."""

_HEADERS: Final[Fields] = [
    (b":status", b"200"),
    (b"connect-accept-encoding", ENCODINGS.encode()),
    *UNBUFFERED,
]


class ConnectStreamCall(EnvelopedCall):
    """A call of a method that streams, by Connect's protocol."""

    __slots__ = ()

    protocol: ClassVar = "connect"
    ENCODING: ClassVar = "connect-content-encoding"
    ACCEPTED: ClassVar = "connect-accept-encoding"
    PROTO: ClassVar[Fields] = [*_HEADERS, (b"content-type", b"application/connect+proto")]
    JSON: ClassVar[Fields] = [*_HEADERS, (b"content-type", b"application/connect+json")]
    GZIP: ClassVar[Fields] = [(b"connect-content-encoding", GZIP.encode())]

    def check(self) -> None:
        """Check the protocol's version."""
        check_version(self.metadata)

    def timeout(self) -> float | None:
        """Return the seconds in `connect-timeout-ms`."""
        return timeout(self.metadata)

    def ending(
        self, trailing: Mapping[str, str], failure: GRPCError | None
    ) -> tuple[bytes, Fields | None]:
        """Return the envelope that ends the call."""
        metadata: dict[str, list[str]] = {}
        for name, value in trailing.items():
            metadata.setdefault(name, []).append(value)
        return envelope(_END, end_json(metadata, failure)), None
