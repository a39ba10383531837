"""What an HTTP answer means: recorded error bodies, by route, as failures of the catalogue."""

import json
from pathlib import Path
from typing import Any

import pytest

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, reasons
from chat3_user.tenant_api.answers import (
    DuplicateGuardError,
    OutcomeUnknownError,
    UnknownRouteError,
    failure,
    understood,
)
from chat3_user.tenant_api.models import Model, Problem
from chat3_user.tenant_api.route import Meaning, Request, Route
from chat3_user.validation import Identity

RECORDED = Path(__file__).parents[2] / "contract" / "recorded"
IDENTITY = Identity("key", "tnt_one", "alice")
ROUTE = Route("GET", "/api/x", Model)
WRITE = Route("POST", "/api/x", Model)


def missing(_: Problem, __: Request[Any]) -> CallError | None:
    return reasons.message_not_found("msg_x")


def judged(status: int, body: bytes, **meanings: Meaning) -> CallError:
    """Return what an answer means on a route of the given meanings."""
    route = Route("GET", "/api/x", Model, **meanings)
    return failure(Request(route, IDENTITY, "/api/x", {}), status, body)


def meaning(name: str, **meanings: Meaning) -> CallError:
    document = json.loads((RECORDED / f"{name}.json").read_text())
    response = document["response"]
    body = response.get("_nonjson") or json.dumps(response)
    return judged(document["status"], body.encode(), **meanings)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("err_auth_invalid_key", ErrorReason.API_KEY_INVALID),
        ("err_auth_missing_key", ErrorReason.API_KEY_INVALID),
        ("err_auth_expired_key", ErrorReason.API_KEY_INVALID),
        ("err_permission_read", ErrorReason.PERMISSION_MISSING),
        ("message_create_noperm", ErrorReason.PERMISSION_MISSING),
        ("err_unknown_route", ErrorReason.UPSTREAM_INVALID_RESPONSE),
        ("status_put_method", ErrorReason.UPSTREAM_INVALID_RESPONSE),
        ("body_big", ErrorReason.REQUEST_TOO_LARGE),
        ("status_status_bad", ErrorReason.UPSTREAM_REJECTED),
        ("message_create_badtype", ErrorReason.UPSTREAM_REJECTED),
        ("user_create_dup", ErrorReason.UPSTREAM_REJECTED),
    ],
)
def test_recorded_refusals(name: str, reason: ErrorReason) -> None:
    assert meaning(name).reason is reason


def test_a_lacking_permission_is_named() -> None:
    assert meaning("err_permission_read").metadata == {"permission": "read"}
    assert meaning("message_create_noperm").metadata == {"permission": "write"}


def test_a_refusal_for_another_reason_than_permission_is_the_routes_own() -> None:
    stranger = reasons.not_a_member("dlg_x")
    assert meaning("status_notmember", forbidden=lambda *_: stranger) is stranger
    assert meaning("status_notmember").reason is ErrorReason.UPSTREAM_REJECTED


def test_what_is_not_found_is_the_routes_own() -> None:
    found = meaning("status_unknown_message", not_found=missing)
    assert found.reason is ErrorReason.MESSAGE_NOT_FOUND
    assert meaning("status_unknown_message").reason is ErrorReason.UPSTREAM_REJECTED


def test_an_unknown_route_is_told_from_an_unknown_thing() -> None:
    assert isinstance(meaning("status_put_method", not_found=missing), UnknownRouteError)


def test_the_duplicate_guard_is_told_with_its_window() -> None:
    refused = meaning("dup_x2_after_failed")
    assert isinstance(refused, DuplicateGuardError)
    assert refused.reason is ErrorReason.UPSTREAM_UNAVAILABLE
    assert refused.retry_after == 0.5


@pytest.mark.parametrize("status", [500, 502, 503, 599])
@pytest.mark.parametrize("body", [b"", b"<html>", b'{"error":"x"}', b"\xff"])
def test_a_server_error_is_unavailable_whatever_its_body(status: int, body: bytes) -> None:
    refused = judged(status, body)
    assert refused.reason is ErrorReason.UPSTREAM_UNAVAILABLE


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff", b"[" * 100_000, b'{"message":1}'])
def test_a_body_without_a_problem_never_breaks_the_judge(body: bytes) -> None:
    for status in (300, 400, 401, 403, 404, 409, 413, 429):
        assert isinstance(judged(status, body, not_found=missing), CallError)


def test_what_the_platform_says_stays_inside() -> None:
    refused = meaning("status_status_bad")
    assert refused.metadata == {"route": ROUTE.name, "http_status": "400"}
    assert refused.message.isascii()


@pytest.mark.parametrize("problem", [ValueError("x"), OverflowError("x")])
def test_what_a_decoded_answer_cannot_mean_is_told(problem: Exception) -> None:
    with pytest.raises(CallError) as caught, understood(ROUTE):
        raise problem
    assert caught.value.reason is ErrorReason.UPSTREAM_INVALID_RESPONSE
    assert not isinstance(caught.value, OutcomeUnknownError)
    with pytest.raises(OutcomeUnknownError), understood(WRITE):
        raise problem
