"""What a failed call raises: one class for each group of reasons, with all that the service said.

Decide by class or by `reason`, never by text. A reason that this version does not know has the
class of its status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from grpclib.const import Status


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field of the request that breaks a rule."""

    field: str
    """The path of the field, such as `member_ids[3]`."""
    description: str
    """The rule, for people."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a failure is about, such as a message that was not found."""

    type: str
    name: str


@dataclass(frozen=True, slots=True)
class Failure:
    """Everything that is known of a failed call."""

    status: Status
    text: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: tuple[FieldViolation, ...] = ()
    retry_after: float | None = None
    request_id: str = ""
    resource: Resource | None = None
    trailers: Mapping[str, str] = field(default_factory=dict)
    sent: bool = True
    """False when the request certainly never left this process."""


class Chat3Error(Exception):
    """A call failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure
        self.idempotency_key = ""
        """The key that every attempt of the call carried: repeat the call with it, and nothing is
        written twice. Empty for calls that take none."""
        self.attempts = 1
        """How often the call was tried."""

    @property
    def status(self) -> Status:
        """The gRPC status."""
        return self.failure.status

    @property
    def reason(self) -> str:
        """The name of an `ErrorReason`, such as `ERROR_REASON_NOT_A_MEMBER`.

        Empty when the failure is not the service's own: a lost connection, or a proxy's answer.
        """
        return self.failure.reason

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the reason comes with, such as `dialog_id`: the metadata of `ErrorInfo`."""
        return self.failure.metadata

    @property
    def violations(self) -> tuple[FieldViolation, ...]:
        """The fields that break a rule: `BadRequest`."""
        return self.failure.violations

    @property
    def retry_after(self) -> float | None:
        """The seconds to wait before the same call may be repeated: `RetryInfo`."""
        return self.failure.retry_after

    @property
    def request_id(self) -> str:
        """The id that names the call in the service's logs."""
        return self.failure.request_id

    @property
    def resource(self) -> Resource | None:
        """What was not found or may not be touched: `ResourceInfo`."""
        return self.failure.resource

    @property
    def trailers(self) -> Mapping[str, str]:
        """The trailing metadata of the answer, raw."""
        return self.failure.trailers

    @property
    def transient(self) -> bool:
        """Whether the same call can succeed later, without anybody changing anything."""
        known = self.failure.retry_after is not None or self.status is Status.UNAVAILABLE
        return known or (not self.reason and self.status in _OF_A_BROKEN_CONNECTION)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.failure), vars(self)

    def __str__(self) -> str:
        name = self.reason or self.status.name
        fields = "".join(f"; {each.field}: {each.description}" for each in self.violations)
        request = f" (request {self.request_id})" if self.request_id else ""
        return f"{name}: {self.failure.text}{fields}{request}"


_OF_A_BROKEN_CONNECTION = (Status.UNKNOWN, Status.INTERNAL)
"""Statuses that libraries and proxies make up for a connection that was cut."""


class InvalidRequestError(Chat3Error):
    """The request breaks a rule; the same request never succeeds."""


class InvalidFieldError(InvalidRequestError):
    """Fields of the request break a rule: `violations` names them."""


class ResumeTokenRefusedError(InvalidRequestError):
    """The resume token is broken, or another user's."""


class UnauthenticatedError(Chat3Error):
    """The API key or the token is not accepted."""


class TokenRefusedError(UnauthenticatedError):
    """The user token is not accepted: a new one may be."""


class SignInRequiredError(UnauthenticatedError):
    """Only the user can help, by signing in again. A token source raises it; nothing is retried."""

    def __init__(self, text: str = "the user has to sign in again") -> None:
        super().__init__(Failure(Status.UNAUTHENTICATED, text, sent=False))


class PermissionDeniedError(Chat3Error):
    """The caller may not do this."""


class NotAMemberError(PermissionDeniedError):
    """The user is no member of the dialog, or there is no such dialog."""


class NotFoundError(Chat3Error):
    """What the request names does not exist: see `resource`."""


class AlreadyExistsError(Chat3Error):
    """What is to be created is there already."""


class PreconditionError(Chat3Error):
    """The request is valid, but not in the present state."""


class IdempotencyKeyReusedError(PreconditionError):
    """The idempotency key was used for another request."""


class LimitedError(Chat3Error):
    """A rate or another limit of the caller is used up: see `retry_after`."""


class UnavailableError(Chat3Error):
    """The service, or something behind it, cannot answer now."""


class UnreachableError(UnavailableError):
    """No connection could be made. Nothing was sent."""


class TokenSourceError(UnavailableError):
    """The token source failed: `__cause__` says how. Nothing was sent."""


class OutcomeUnknownError(UnavailableError):
    """Nobody knows yet whether the change was made. Repeat the call with `idempotency_key`."""


class DeadlineError(Chat3Error):
    """No answer came in time. A change may have been made: repeat it with `idempotency_key`."""


class NotSupportedError(Chat3Error):
    """The service, or the platform behind it, does not have the method."""


class ServiceError(Chat3Error):
    """The service failed: report it with the request id."""


_BY_STATUS: Mapping[Status, type[Chat3Error]] = {
    Status.INVALID_ARGUMENT: InvalidRequestError,
    Status.UNAUTHENTICATED: UnauthenticatedError,
    Status.PERMISSION_DENIED: PermissionDeniedError,
    Status.NOT_FOUND: NotFoundError,
    Status.ALREADY_EXISTS: AlreadyExistsError,
    Status.FAILED_PRECONDITION: PreconditionError,
    Status.RESOURCE_EXHAUSTED: LimitedError,
    Status.UNAVAILABLE: UnavailableError,
    Status.DEADLINE_EXCEEDED: DeadlineError,
    Status.UNIMPLEMENTED: NotSupportedError,
    Status.INTERNAL: ServiceError,
}
_BY_REASON: Mapping[str, type[Chat3Error]] = {
    "ERROR_REASON_INVALID_FIELD": InvalidFieldError,
    "ERROR_REASON_RESUME_TOKEN_INVALID": ResumeTokenRefusedError,
    "ERROR_REASON_RESUME_TOKEN_FOREIGN": ResumeTokenRefusedError,
    "ERROR_REASON_TOKEN_INVALID": TokenRefusedError,
    "ERROR_REASON_TOKEN_EXPIRED": TokenRefusedError,
    "ERROR_REASON_TOKEN_NOT_YET_VALID": TokenRefusedError,
    "ERROR_REASON_TOKEN_KEY_UNKNOWN": TokenRefusedError,
    "ERROR_REASON_TOKEN_REVOKED": TokenRefusedError,
    "ERROR_REASON_NOT_A_MEMBER": NotAMemberError,
    "ERROR_REASON_IDEMPOTENCY_KEY_REUSED": IdempotencyKeyReusedError,
    "ERROR_REASON_IDEMPOTENCY_OUTCOME_UNKNOWN": OutcomeUnknownError,
}


def _again(kind: type[Chat3Error], failure: Failure) -> Chat3Error:
    """Make an exception as it was in the process that pickled it."""
    error = kind.__new__(kind)
    Chat3Error.__init__(error, failure)
    return error


def error_of(failure: Failure) -> Chat3Error:
    """Make the exception of a failure."""
    kind = _BY_REASON.get(failure.reason) or _BY_STATUS.get(failure.status, Chat3Error)
    if not failure.sent and failure.status is Status.UNAVAILABLE:
        kind = UnreachableError
    return kind(failure)
