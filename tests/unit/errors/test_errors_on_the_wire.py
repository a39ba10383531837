"""Failures as they go over the wire: status, details, and a size that proxies let pass."""

from base64 import b64encode
from urllib.parse import quote

import pytest
from google.rpc import error_details_pb2
from google.rpc.status_pb2 import Status as RpcStatus
from grpclib.encoding.proto import ProtoStatusDetailsCodec

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors import CallError, FieldViolation, Resource, invalid_fields, to_grpc_error
from chat3_user.errors._status import STATUS

PROXY_LIMIT = 8192


def details_of(error: CallError) -> dict[str, object]:
    failure = to_grpc_error(error, "req-1")
    return {type(detail).__name__: detail for detail in failure.details or ()}


@pytest.mark.parametrize("reason", [reason for reason in ErrorReason if reason])
def test_every_reason_has_its_status_info_and_request_id(reason: ErrorReason) -> None:
    error = CallError(reason, "text", metadata={"k": "v"})
    failure = to_grpc_error(error, "req-1")
    assert failure.status is STATUS[reason]
    assert failure.message == "text"
    found = details_of(error)
    info = found["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert info.reason == f"ERROR_REASON_{reason.name}"
    assert info.domain == "chat3.user"
    assert dict(info.metadata) == {"k": "v"}
    request = found["RequestInfo"]
    assert isinstance(request, error_details_pb2.RequestInfo)
    assert request.request_id == "req-1"
    assert str(error) == f"{reason.name}: text"


def test_details_follow_from_what_the_failure_knows() -> None:
    error = CallError(
        ErrorReason.TOO_MANY_STREAMS,
        "text",
        violations=(FieldViolation("a.b", "rule"),),
        resource=Resource("chat3.user", "bob"),
        retry_after=1.5,
        quota="streams",
    )
    found = details_of(error)
    assert list(found) == [
        *("ErrorInfo", "BadRequest", "RetryInfo", "ResourceInfo", "QuotaFailure", "RequestInfo")
    ]
    assert "1.500" in str(found["RetryInfo"]) or "500000000" in str(found["RetryInfo"])
    assert 'resource_name: "bob"' in str(found["ResourceInfo"])
    assert 'subject: "streams"' in str(found["QuotaFailure"])
    assert 'field: "a.b"' in str(found["BadRequest"])


def test_a_plain_failure_has_no_further_details() -> None:
    assert list(details_of(CallError(ErrorReason.INTERNAL, "x"))) == ["ErrorInfo", "RequestInfo"]


@pytest.mark.parametrize("length", [1, 100, 10_000])
@pytest.mark.parametrize("letter", ["x", "ä", "👋"])
def test_thirty_two_huge_violations_stay_below_what_proxies_cut(length: int, letter: str) -> None:
    violations = [
        FieldViolation(f"meta.{letter * length}{number}", letter * length) for number in range(32)
    ]
    error = invalid_fields(violations)
    failure = to_grpc_error(error, "r" * 128)
    trailer = ProtoStatusDetailsCodec().encode(failure.status, failure.message, failure.details)
    size = len(b64encode(trailer)) + len(quote(failure.message or ""))
    assert size < PROXY_LIMIT
    told = RpcStatus.FromString(trailer)
    bad = error_details_pb2.BadRequest()
    assert told.details[1].Unpack(bad)
    assert 1 <= len(bad.field_violations) <= 32
    assert error.metadata == {"field_count": "32"}


def test_violations_keep_their_order_and_come_all_when_they_fit() -> None:
    error = invalid_fields([FieldViolation(f"f{number}", "rule") for number in range(32)])
    bad = details_of(error)["BadRequest"]
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert [item.field for item in bad.field_violations] == [f"f{number}" for number in range(32)]
