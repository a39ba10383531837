"""Says a failed call to the user: its title, a hint, JSON, and the exit code for it."""

from typing import Any

from grpclib.const import Status

from chat3_api.chat3.tenant.v1 import WatchRefused
from chat3_cli.hints import hint
from chat3_client import Chat3Error, UnreachableError
from chat3_client.failures import Failure, FieldViolation, error_of

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


def exit_code(error: Chat3Error) -> int:
    """Give the process's exit code when this failure ends it."""
    if isinstance(error, UnreachableError):
        return EXIT_UNAVAILABLE
    return _EXIT_CODES.get(error.status, EXIT_FAILED)


def title(error: Chat3Error) -> str:
    """Give the reason and the text, on one line."""
    return f"{error.reason or error.status.name}: {error.failure.text}"


def hint_of(error: Chat3Error) -> str:
    """Say what to do about it at a shell prompt; empty when there is nothing to say."""
    return hint(error.reason, reached=not isinstance(error, UnreachableError))


def to_json(error: Chat3Error) -> dict[str, Any]:
    """Give the failure as a JSON object with what is known only."""
    known: dict[str, Any] = {
        "status": error.status.name,
        "reason": error.reason,
        "message": error.failure.text,
        "metadata": dict(error.metadata),
        "fieldViolations": [
            {"field": each.field, "description": each.description} for each in error.violations
        ],
        "retryAfterSeconds": error.retry_after,
        "requestId": error.request_id,
        "hint": hint_of(error),
    }
    return {key: value for key, value in known.items() if value not in (None, "", [], {})}


def endless(why: str) -> Chat3Error:
    """Return the failure of a list whose pages lead nowhere."""
    return error_of(Failure(Status.INTERNAL, f"the list does not end: {why}"))


def of_a_refused_request(refused: WatchRefused) -> Chat3Error:
    """Return what a refused request on an open stream says, as a call that failed."""
    delay = refused.retry_delay
    text = f"{refused.user_id}: {refused.message}" if refused.user_id else refused.message
    return error_of(
        Failure(
            Status.FAILED_PRECONDITION if delay is None else Status.UNAVAILABLE,
            text,
            reason=f"ERROR_REASON_{refused.reason}",
            violations=tuple(
                FieldViolation(broken.field, broken.rule) for broken in refused.broken_rules
            ),
            retry_after=None if delay is None else delay.total_seconds(),
        )
    )
