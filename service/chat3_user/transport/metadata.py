"""gRPC's metadata: what headers of a request mean, and how trailers of an answer are written."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from grpclib.const import Status
from grpclib.encoding.proto import ProtoStatusDetailsCodec
from grpclib.exceptions import GRPCError
from grpclib.metadata import encode_grpc_message
from multidict import MultiMapping

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, FieldViolation
from chat3_user.transport.fields import Fields, encoded

_TIMEOUT: Final = re.compile("([0-9]{1,8})([HMSmun])")
_SECONDS: Final = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_TIMEOUT_WORDS: Final = "up to eight digits and a unit of H, M, S, m, u or n"
_SHOWN: Final = 100
"""Characters of a hostile value that an answer repeats."""

_DETAILS: Final = ProtoStatusDetailsCodec()
_OK: Final = (b"grpc-status", b"0")


def invalid_metadata(key: str, rule: str) -> CallError:
    """Return the failure for a header that breaks its rule."""
    return CallError(
        ErrorReason.INVALID_METADATA,
        f"invalid metadata: {key}",
        metadata={"key": key},
        violations=(FieldViolation(f"metadata.{key}", rule),),
    )


def check_te(metadata: MultiMapping[str]) -> None:
    """Check that the client understands trailers.

    Raises `CallError`.
    """
    if metadata.get("te") != "trailers":
        raise invalid_metadata("te", "`trailers`")


def timeout(metadata: MultiMapping[str]) -> float | None:
    """Return the seconds a client gives its call; nothing when it does not say.

    Raises `CallError`.
    """
    value = metadata.get("grpc-timeout")
    if value is None:
        return None
    match = _TIMEOUT.fullmatch(value)
    if match is None:
        raise invalid_metadata("grpc-timeout", _TIMEOUT_WORDS)
    return int(match[1]) * _SECONDS[match[2]]


def check_binary(metadata: MultiMapping[str]) -> None:
    """Check that binary metadata is base64.

    Raises `CallError`.
    """
    for name in metadata:
        if name.endswith("-bin"):
            for value in metadata.getall(name):
                binary(name, value)


def binary(name: str, value: str) -> list[bytes]:
    """Return the values in a header whose name ends in `-bin`.

    Raises `CallError`.
    """
    try:
        return [
            b64decode(part + "=" * (-len(part) % 4), validate=True)
            for part in map(str.strip, value.split(","))
        ]
    except (binascii.Error, ValueError) as error:
        raise invalid_metadata(name[:_SHOWN], "base64") from error


def trailers(trailing: Mapping[str, str], failure: GRPCError | None = None) -> Fields:
    """Return the fields that end a call."""
    if failure is None:
        fields = [_OK]
    else:
        fields = [(b"grpc-status", str(failure.status.value).encode())]
        if failure.message is not None:
            fields.append((b"grpc-message", _message(failure.message)))
        if failure.details:
            details = _DETAILS.encode(Status(failure.status), failure.message, failure.details)
            fields.append((b"grpc-status-details-bin", b64encode(details).rstrip(b"=")))
    return fields + encoded(trailing)


def _message(message: str) -> bytes:
    """Return a status message as a header's value, percent-encoded."""
    encoded = encode_grpc_message(message)
    # HTTP/2 has clients refuse values that begin or end with a space.
    bare = encoded.strip(" ")
    if bare != encoded:
        before = len(encoded) - len(encoded.lstrip(" "))
        after = len(encoded) - before - len(bare)
        encoded = f"{'%20' * before}{bare}{'%20' * after}"
    return encoded.encode()
