"""Every failure becomes one of the catalogue here, and nowhere else."""

import logging
from collections.abc import Callable

from google.protobuf.message import DecodeError as ProtobufDecodeError
from grpclib.exceptions import GRPCError

from chat3_user.errors import CallError, FieldViolation, invalid_fields, reasons, to_grpc_error
from chat3_user.transport.call import ServerCall
from chat3_user.transport.http_stream import SlowClientError
from chat3_user.wire import DecodeError

log = logging.getLogger(__name__)


def translated(error: Exception, *, method: str, request_id: str) -> CallError:
    """Return the failure a caller sees for what was raised; a fault of ours is logged."""
    if isinstance(error, CallError):
        return error
    if isinstance(error, DecodeError | ProtobufDecodeError):
        return invalid_fields([FieldViolation("", f"a protobuf message: {error}")])
    if isinstance(error, TimeoutError):
        return reasons.deadline_exceeded()
    if isinstance(error, SlowClientError):
        return reasons.slow_consumer()
    log.error("call failed", extra={"request_id": request_id, "method": method}, exc_info=error)
    return reasons.internal()


Tell = Callable[[CallError, str], GRPCError]
"""Returns a failure as gRPC has it; takes the request id, too."""


def fail(
    call: ServerCall,
    error: CallError,
    request_id: str,
    trailing: dict[str, str],
    tell: Tell = to_grpc_error,
) -> GRPCError:
    """End a call with a failure of the catalogue; return it as gRPC has it."""
    failure = tell(error, request_id)
    if error.retry_after is not None:
        trailing["grpc-retry-pushback-ms"] = str(round(error.retry_after * 1000))
    call.fail(failure, trailing)
    return failure
