"""Connect's errors: how a failure reads in JSON, and which HTTP status it has."""

import json
from base64 import b64encode
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.message import Message
from grpclib.const import Status
from grpclib.exceptions import GRPCError

_CLIENT_CLOSED_REQUEST: Final = 499
"""No status of HTTP's, but the one that Connect prescribes."""

_HTTP: Final = {
    Status.CANCELLED: _CLIENT_CLOSED_REQUEST,
    Status.UNKNOWN: HTTPStatus.INTERNAL_SERVER_ERROR.value,
    Status.INVALID_ARGUMENT: HTTPStatus.BAD_REQUEST.value,
    Status.DEADLINE_EXCEEDED: HTTPStatus.GATEWAY_TIMEOUT.value,
    Status.NOT_FOUND: HTTPStatus.NOT_FOUND.value,
    Status.ALREADY_EXISTS: HTTPStatus.CONFLICT.value,
    Status.PERMISSION_DENIED: HTTPStatus.FORBIDDEN.value,
    Status.RESOURCE_EXHAUSTED: HTTPStatus.TOO_MANY_REQUESTS.value,
    Status.FAILED_PRECONDITION: HTTPStatus.BAD_REQUEST.value,
    Status.ABORTED: HTTPStatus.CONFLICT.value,
    Status.OUT_OF_RANGE: HTTPStatus.BAD_REQUEST.value,
    Status.UNIMPLEMENTED: HTTPStatus.NOT_IMPLEMENTED.value,
    Status.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR.value,
    Status.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE.value,
    Status.DATA_LOSS: HTTPStatus.INTERNAL_SERVER_ERROR.value,
    Status.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED.value,
}


def http_status(failure: GRPCError) -> int:
    """Return the HTTP status of a unary call that failed."""
    return _HTTP[failure.status]


def code(failure: GRPCError) -> str:
    """Return Connect's name of a status."""
    # Connect writes it with one l, gRPC with two.
    return "canceled" if failure.status is Status.CANCELLED else failure.status.name.lower()


def error_of(failure: GRPCError) -> dict[str, Any]:
    """Return a failure as a JSON object."""
    error: dict[str, Any] = {"code": code(failure)}
    if failure.message is not None:
        error["message"] = failure.message
    if failure.details:
        error["details"] = [_detail(detail) for detail in failure.details]
    return error


def error_json(failure: GRPCError) -> bytes:
    """Return a failure as the body of a unary answer."""
    return json.dumps(error_of(failure), separators=(",", ":")).encode()


def end_json(trailing: Mapping[str, list[str]], failure: GRPCError | None) -> bytes:
    """Return the last message of a stream."""
    end: dict[str, Any] = {}
    if failure is not None:
        end["error"] = error_of(failure)
    if trailing:
        end["metadata"] = trailing
    return json.dumps(end, separators=(",", ":")).encode()


def _detail(detail: Message) -> dict[str, Any]:
    """Return a detail: for machines in base64, for people in JSON beside it."""
    return {
        "type": detail.DESCRIPTOR.full_name,
        "value": b64encode(detail.SerializeToString()).rstrip(b"=").decode(),
        "debug": json_format.MessageToDict(detail),
    }
