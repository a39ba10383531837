"""What an HTTP answer of tenant-api means: a typed body, or a failure of the catalogue."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

import msgspec

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api.models import Problem
from chat3_user.tenant_api.route import Meaning, Request, Route

log = logging.getLogger(__name__)

_PERMISSION = re.compile(r"Permission '([a-z]+)' is required")
_CODE: Final = re.compile("[A-Z][A-Z_]{1,40}")
_NO_TENANT: Final = "Tenant '"
BODY_LIMIT = 100 * 1024
"""The largest body, in bytes, that tenant-api takes."""

GUARD_WINDOW = 0.5
"""For how long, in seconds, tenant-api refuses a repetition of a write it took."""

_decode_problem = msgspec.json.Decoder(Problem).decode


class DuplicateGuardError(CallError):
    """tenant-api refused a write because it looks like one it just took (HTTP 429)."""


class OutcomeUnknownError(CallError):
    """A write failed in a way that does not tell whether tenant-api took it."""


class WriteEndedError(OutcomeUnknownError):
    """tenant-api failed at a write and said so in JSON: it works on it no more.

    What it had written by then stays. Most routes answer so when meta breaks a tenant's indexes.
    """


class UnknownRouteError(CallError):
    """tenant-api has no such route or method: its answer is HTML, not JSON."""


class NoSuchReactionError(CallError):
    """The reaction that was to be taken back is not there."""


class TopicTakenError(CallError):
    """The message that was to get a topic has one."""


class NoTopicToClearError(CallError):
    """The message that was to leave its topic has none."""


class NoMetaKeyError(CallError):
    """The key that was to be removed is not there."""


class NotInPackError(CallError):
    """The dialog that was to be taken out of a pack is not in it."""


class PermittedError(CallError):
    """tenant-api found fault with the id, and so none with the key."""


def failure(request: Request[Any], status: int, body: bytes) -> CallError:
    """Return the failure that an answer with an error status means on the request's route."""
    problem = _problem(body)
    found = _by_status(request.route, status, problem)
    if found is None and problem is not None:
        found = _by_problem(request, status, problem)
    if found is not None:
        return found
    route = request.route.name
    log.error(
        "upstream refused a request that keeps the contract",
        extra={"route": route, "http_status": status, "code": _code(problem)},
    )
    return reasons.upstream_rejected(route, status)


def _by_status(route: Route[Any], status: int, problem: Problem | None) -> CallError | None:
    """Return what a status means on every route."""
    match status:
        case HTTPStatus.UNAUTHORIZED:
            return reasons.api_key_invalid()
        case HTTPStatus.NOT_FOUND if problem is None:
            log.error("upstream does not know the route", extra={"route": route.name})
            unknown = reasons.upstream_invalid_response(route.name)
            if route.since:
                unknown = reasons.platform_too_old(route.since)
            return UnknownRouteError(unknown.reason, unknown.message, unknown.metadata)
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return reasons.request_too_large(BODY_LIMIT)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return DuplicateGuardError(
                ErrorReason.UPSTREAM_UNAVAILABLE,
                "the platform is busy with an equal request",
                retry_after=GUARD_WINDOW,
            )
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log.warning("upstream server error", extra={"route": route.name, "http_status": status})
            return _server_error(route, status, problem)
    return None


def _server_error(route: Route[Any], status: int, problem: Problem | None) -> CallError:
    unavailable = reasons.upstream_unavailable()
    if route.reads:
        return unavailable
    said = status == HTTPStatus.INTERNAL_SERVER_ERROR and problem is not None and problem.message
    return in_doubt(unavailable, WriteEndedError if said else OutcomeUnknownError)


def _by_problem(request: Request[Any], status: int, problem: Problem) -> CallError | None:
    """Return what a refusal in JSON means: of the key, of the tenant, or what the route says."""
    meaning: Meaning | None = None
    match status:
        case HTTPStatus.FORBIDDEN:
            if lacking := _PERMISSION.search(problem.message):
                return reasons.permission_missing(lacking[1])
            meaning = request.route.forbidden
        case HTTPStatus.NOT_FOUND:
            if problem.message.startswith(_NO_TENANT):
                return reasons.tenant_not_found(request.identity.tenant_id)
            meaning = request.route.not_found
        case HTTPStatus.BAD_REQUEST:
            meaning = request.route.bad_request
        case HTTPStatus.CONFLICT:
            meaning = request.route.conflict
    return None if meaning is None else meaning(problem, request)


def in_doubt(
    error: CallError, kind: type[OutcomeUnknownError] = OutcomeUnknownError
) -> OutcomeUnknownError:
    """Return ``error`` as one that leaves open whether tenant-api wrote."""
    return kind(error.reason, error.message, error.metadata, retry_after=error.retry_after)


def invalid(route: Route[Any], status: int, size: int, error: Exception) -> CallError:
    """Return the failure for a body that does not decode; the log gets all but the body."""
    log.error(
        "upstream answer cannot be decoded",
        extra={"route": route.name, "http_status": status, "bytes": size, "problem": error},
    )
    return reasons.upstream_invalid_response(route.name)


@contextmanager
def understood(route: Route[Any]) -> Iterator[None]:
    """Turn what a decoded answer cannot mean, such as a time that is none, into a failure."""
    try:
        yield
    except (ValueError, OverflowError) as error:
        log.error(  # noqa: TRY400 - the trace says no more than the text
            "upstream answer cannot be understood",
            extra={"route": route.name, "problem": error},
        )
        problem = reasons.upstream_invalid_response(route.name)
        raise (problem if route.reads else in_doubt(problem)) from error


def _code(problem: Problem | None) -> str:
    """Return the platform's name for a problem; its text may repeat what was sent."""
    return problem.code if problem is not None and _CODE.fullmatch(problem.code) else ""


def _problem(body: bytes) -> Problem | None:
    try:
        return _decode_problem(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
