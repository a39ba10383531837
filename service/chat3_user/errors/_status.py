"""The error catalogue on the wire: gRPC status, message and details of every reason."""

from types import MappingProxyType

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2 as details
from grpclib.const import Status
from grpclib.exceptions import GRPCError

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors._failures import CallError

DOMAIN = "chat3.user"

_R = ErrorReason
STATUS = MappingProxyType(
    {
        _R.INVALID_FIELD: Status.INVALID_ARGUMENT,
        _R.INVALID_METADATA: Status.INVALID_ARGUMENT,
        _R.API_KEY_MISSING: Status.UNAUTHENTICATED,
        _R.API_KEY_INVALID: Status.UNAUTHENTICATED,
        _R.PERMISSION_MISSING: Status.PERMISSION_DENIED,
        _R.NOT_A_MEMBER: Status.PERMISSION_DENIED,
        _R.TENANT_NOT_FOUND: Status.NOT_FOUND,
        _R.USER_NOT_FOUND: Status.NOT_FOUND,
        _R.MESSAGE_NOT_FOUND: Status.NOT_FOUND,
        _R.TOPIC_NOT_FOUND: Status.NOT_FOUND,
        _R.REQUEST_TOO_LARGE: Status.INVALID_ARGUMENT,
        _R.UPSTREAM_UNAVAILABLE: Status.UNAVAILABLE,
        _R.UPSTREAM_INVALID_RESPONSE: Status.INTERNAL,
        _R.UPSTREAM_REJECTED: Status.FAILED_PRECONDITION,
        _R.DEADLINE_EXCEEDED: Status.DEADLINE_EXCEEDED,
        _R.UPDATES_UNAVAILABLE: Status.UNAVAILABLE,
        _R.UPDATES_LOG_UNAVAILABLE: Status.UNAVAILABLE,
        _R.RESUME_TOKEN_INVALID: Status.INVALID_ARGUMENT,
        _R.RESUME_TOKEN_FOREIGN: Status.PERMISSION_DENIED,
        _R.SLOW_CONSUMER: Status.RESOURCE_EXHAUSTED,
        _R.STREAM_MAX_AGE: Status.UNAVAILABLE,
        _R.SHUTTING_DOWN: Status.UNAVAILABLE,
        _R.TOO_MANY_STREAMS: Status.RESOURCE_EXHAUSTED,
        _R.IDEMPOTENCY_KEY_REUSED: Status.FAILED_PRECONDITION,
        _R.IDEMPOTENCY_OUTCOME_UNKNOWN: Status.UNAVAILABLE,
        _R.IDEMPOTENCY_STORE_UNAVAILABLE: Status.UNAVAILABLE,
        _R.INTERNAL: Status.INTERNAL,
        _R.RATE_LIMITED: Status.RESOURCE_EXHAUSTED,
        _R.OVERLOADED: Status.UNAVAILABLE,
        _R.METADATA_TOO_LARGE: Status.INVALID_ARGUMENT,
        _R.METHOD_UNKNOWN: Status.UNIMPLEMENTED,
        _R.COMPRESSION_UNSUPPORTED: Status.UNIMPLEMENTED,
        _R.MESSAGE_COUNT_INVALID: Status.UNIMPLEMENTED,
        _R.MESSAGE_FRAMING_INVALID: Status.INTERNAL,
        _R.MEMBER_IN_OTHER_CASE: Status.PERMISSION_DENIED,
        _R.PAGE_TOKEN_INVALID: Status.INVALID_ARGUMENT,
        _R.NOT_THE_SENDER: Status.PERMISSION_DENIED,
        _R.MESSAGE_DELETED: Status.FAILED_PRECONDITION,
        _R.MEMBER_NOT_FOUND: Status.NOT_FOUND,
        _R.LAST_MEMBER: Status.FAILED_PRECONDITION,
        _R.PACK_NOT_FOUND: Status.NOT_FOUND,
        _R.PLATFORM_TOO_OLD: Status.UNIMPLEMENTED,
        _R.USER_EXISTS: Status.ALREADY_EXISTS,
        _R.DIALOG_NOT_FOUND: Status.NOT_FOUND,
        _R.META_INDEX_CONFLICT: Status.FAILED_PRECONDITION,
        _R.META_INDEX_NOT_FOUND: Status.NOT_FOUND,
        _R.META_INDEX_REFUSED: Status.FAILED_PRECONDITION,
        _R.SERVICE_KEY_NOT_ALLOWED: Status.FAILED_PRECONDITION,
        _R.NO_MEMBERS: Status.FAILED_PRECONDITION,
        _R.TOKEN_INVALID: Status.UNAUTHENTICATED,
        _R.TOKEN_EXPIRED: Status.UNAUTHENTICATED,
        _R.TOKEN_NOT_YET_VALID: Status.UNAUTHENTICATED,
        _R.TOKEN_KEY_UNKNOWN: Status.UNAUTHENTICATED,
        _R.TOKEN_NOT_ACCEPTED: Status.PERMISSION_DENIED,
        _R.TOKENS_NOT_CONFIGURED: Status.FAILED_PRECONDITION,
        _R.TOKEN_REVOKED: Status.UNAUTHENTICATED,
    }
)

# Proxies commonly cut trailers at 8 KiB, and base64 adds a third: 4 KiB of violations leave room.
_VIOLATIONS_BYTES = 4096


def to_grpc_error(error: CallError, request_id: str) -> GRPCError:
    """Return the gRPC error for ``error``, with the details its reason promises."""
    return GRPCError(STATUS[error.reason], error.message, _details(error, request_id))


def _details(error: CallError, request_id: str) -> list[Message]:
    found: list[Message] = [
        details.ErrorInfo(
            reason=f"ERROR_REASON_{error.reason.name}",
            domain=DOMAIN,
            metadata=dict(error.metadata),
        )
    ]
    if error.violations:
        found.append(_bad_request(error))
    if error.retry_after is not None:
        delay = Duration()
        delay.FromMilliseconds(round(error.retry_after * 1000))
        found.append(details.RetryInfo(retry_delay=delay))
    if error.resource is not None:
        found.append(
            details.ResourceInfo(
                resource_type=error.resource.type, resource_name=error.resource.name
            )
        )
    if error.quota is not None:
        violation = details.QuotaFailure.Violation(subject=error.quota, description=error.message)
        found.append(details.QuotaFailure(violations=[violation]))
    found.append(details.RequestInfo(request_id=request_id))
    return found


def _bad_request(error: CallError) -> details.BadRequest:
    bad_request = details.BadRequest()
    left = _VIOLATIONS_BYTES
    for violation in error.violations:
        field, description = violation.field[:200], violation.description[:500]
        left -= len(field.encode()) + len(description.encode())
        if left < 0:
            break
        bad_request.field_violations.add(field=field, description=description)
    return bad_request
