"""Reads what went wrong with a call: status, reason, violated fields, and the exit code for it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# The package has types for its modules but does not say so (no py.typed).
from google.rpc import error_details_pb2  # type: ignore[import-untyped, unused-ignore]
from grpclib.const import Status
from grpclib.exceptions import GRPCError, StreamTerminatedError

from chat3_cli.hints import hint

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_UNAVAILABLE = 3
EXIT_REFUSED = 4
EXIT_INTERRUPTED = 130

_EXIT_CODES = {
    Status.UNAVAILABLE: EXIT_UNAVAILABLE,
    Status.UNAUTHENTICATED: EXIT_REFUSED,
    Status.PERMISSION_DENIED: EXIT_REFUSED,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known about a failed call."""

    status: Status
    text: str
    reason: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: Sequence[tuple[str, str]] = ()
    retry_after: float | None = None
    request_id: str | None = None
    reached: bool = True

    @property
    def exit_code(self) -> int:
        """The process's exit code when this failure ends it."""
        return _EXIT_CODES.get(self.status, EXIT_FAILED)

    @property
    def passing(self) -> bool:
        """Whether the same call can succeed later: the service says so, or names a delay."""
        return self.status is Status.UNAVAILABLE or self.retry_after is not None

    @property
    def title(self) -> str:
        """The reason and the text, on one line."""
        return f"{self.reason or self.status.name}: {self.text}"

    @property
    def hint(self) -> str:
        """What to do about it at a shell prompt; empty when there is nothing to say."""
        return hint(self.reason, reached=self.reached)

    def to_json(self) -> dict[str, Any]:
        """Give the failure as a JSON object with what is known only."""
        known: dict[str, Any] = {
            "status": self.status.name,
            "reason": self.reason,
            "message": self.text,
            "metadata": dict(self.metadata),
            "fieldViolations": [
                {"field": name, "description": rule} for name, rule in self.violations
            ],
            "retryAfterSeconds": self.retry_after,
            "requestId": self.request_id,
            "hint": self.hint or None,
        }
        return {key: value for key, value in known.items() if value not in (None, [], {})}


class CallFailedError(Exception):
    """A call, or the way to the service, failed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.title)
        self.failure = failure


@contextmanager
def translated(timeout: float | None) -> Iterator[None]:
    """Turn every way in which grpclib reports a failed call into `CallFailedError`."""
    try:
        yield
    except GRPCError as error:
        raise CallFailedError(_from_status(error)) from error
    except TimeoutError as error:
        within = f" within {timeout:g} s" if timeout is not None else ""
        text = f"no answer{within}"
        raise CallFailedError(Failure(Status.DEADLINE_EXCEEDED, text)) from error
    except (StreamTerminatedError, ConnectionError) as error:
        text = f"the connection was lost: {error}"
        raise CallFailedError(Failure(Status.UNAVAILABLE, text)) from error


def unreachable(address: str, error: OSError | None) -> CallFailedError:
    """Describe a service to which no connection can be made."""
    why = (error.strerror or str(error)) if error else "no answer in time"
    text = f"cannot reach {address}: {why}"
    return CallFailedError(Failure(Status.UNAVAILABLE, text, reached=False))


def _from_status(error: GRPCError) -> Failure:
    reason: str | None = None
    metadata: dict[str, str] = {}
    violations: list[tuple[str, str]] = []
    retry_after: float | None = None
    request_id: str | None = None
    for detail in error.details or ():
        match detail:
            case error_details_pb2.ErrorInfo():
                reason, metadata = detail.reason, dict(detail.metadata)
            case error_details_pb2.BadRequest():
                violations += [
                    (found.field, found.description) for found in detail.field_violations
                ]
            case error_details_pb2.RetryInfo():
                retry_after = detail.retry_delay.ToTimedelta().total_seconds()
            case error_details_pb2.RequestInfo():
                request_id = detail.request_id
            case _:
                pass  # a detail that says nothing this client acts on
    return Failure(
        status=error.status,
        text=error.message or "the service gave no text",
        reason=reason,
        metadata=metadata,
        violations=violations,
        retry_after=retry_after,
        request_id=request_id,
    )
