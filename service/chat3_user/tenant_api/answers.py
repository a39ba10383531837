"""What an HTTP answer of tenant-api means: a typed body, or a failure of the catalogue."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import msgspec

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api.models import Problem

log = logging.getLogger(__name__)

_PERMISSION = re.compile(r"Permission '([a-z]+)' is required")
BODY_LIMIT = 100 * 1024
"""The largest body, in bytes, that tenant-api takes."""

GUARD_WINDOW = 0.5
"""For how long, in seconds, tenant-api refuses a repetition of a write it took."""

_decode_problem = msgspec.json.Decoder(Problem).decode


class DuplicateGuardError(CallError):
    """tenant-api refused a write because it looks like one it just took (HTTP 429)."""


class OutcomeUnknownError(CallError):
    """A write failed in a way that does not tell whether tenant-api took it."""


class UnknownRouteError(CallError):
    """tenant-api has no such route or method: its answer is HTML, not JSON."""


NotFound = Callable[[Problem], CallError | None]
Forbidden = Callable[[], CallError]


def failure(
    route: str,
    status: int,
    body: bytes,
    not_found: NotFound,
    forbidden: Forbidden | None,
    bad_request: Forbidden | None = None,
) -> CallError:
    """Return the failure that an answer with an error status means on this route.

    ``not_found`` knows what 404 means on the route, ``forbidden`` what 403 means when no permission
    is lacking, ``bad_request`` what 400 in JSON means; where they say nothing the answer is one
    this service does not understand.
    """
    problem = _problem(body)
    found: CallError | None = None
    match status:
        case HTTPStatus.UNAUTHORIZED:
            found = reasons.api_key_invalid()
        case HTTPStatus.FORBIDDEN if problem is not None:
            found = _lacking_permission(problem) or (forbidden and forbidden())
        case HTTPStatus.BAD_REQUEST if problem is not None:
            found = bad_request and bad_request()
        case HTTPStatus.NOT_FOUND:
            found = _unknown_route(route) if problem is None else not_found(problem)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            found = reasons.request_too_large(BODY_LIMIT)
        case HTTPStatus.TOO_MANY_REQUESTS:
            found = DuplicateGuardError(
                ErrorReason.UPSTREAM_UNAVAILABLE,
                "the platform is busy with an equal request",
                retry_after=GUARD_WINDOW,
            )
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("upstream server error", extra={"route": route, "http_status": status})
            found = reasons.upstream_unavailable()
    if found is not None:
        return found
    log.error(
        "upstream refused a request that keeps the contract",
        extra={"route": route, "http_status": status, "problem": problem and problem.message[:200]},
    )
    return reasons.upstream_rejected(route, status)


def _lacking_permission(problem: Problem) -> CallError | None:
    lacking = _PERMISSION.search(problem.message)
    return reasons.permission_missing(lacking[1]) if lacking else None


def _unknown_route(route: str) -> CallError:
    log.error("upstream does not know the route", extra={"route": route})
    unknown = reasons.upstream_invalid_response(route)
    return UnknownRouteError(unknown.reason, unknown.message, unknown.metadata)


def in_doubt(error: CallError) -> OutcomeUnknownError:
    """Return ``error`` as one that leaves open whether tenant-api wrote."""
    return OutcomeUnknownError(
        error.reason, error.message, error.metadata, retry_after=error.retry_after
    )


def invalid(route: str, status: int, size: int, error: Exception) -> CallError:
    """Return the failure for a body that does not decode; the log gets all but the body."""
    log.error(
        "upstream answer cannot be decoded",
        extra={"route": route, "http_status": status, "bytes": size, "problem": str(error)},
    )
    return reasons.upstream_invalid_response(route)


@contextmanager
def understood(route: str) -> Iterator[None]:
    """Turn what a decoded answer cannot mean, such as a time that is none, into a failure.

    ``route`` begins with its method.
    """
    try:
        yield
    except (ValueError, OverflowError) as error:
        log.error(  # noqa: TRY400 - the trace says no more than the text
            "upstream answer cannot be understood", extra={"route": route, "problem": str(error)}
        )
        problem = reasons.upstream_invalid_response(route)
        raise (problem if route.startswith("GET ") else in_doubt(problem)) from error


def _problem(body: bytes) -> Problem | None:
    try:
        return _decode_problem(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
