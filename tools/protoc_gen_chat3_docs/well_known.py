"""Short descriptions of the google types that the contract uses, so that no reader has to leave."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WellKnownType:
    """A type that is defined outside the contract."""

    full_name: str
    text: str
    example: str

    @property
    def name(self) -> str:
        """The name without its package."""
        return self.full_name.rpartition(".")[2]


FIELD_TYPES = (
    WellKnownType(
        "google.protobuf.Timestamp",
        "A point in time, UTC: seconds since 1970 and nanoseconds. Times of this contract have "
        "microseconds. In JSON a string of RFC 3339.",
        '"2026-11-23T14:04:09.186035Z"',
    ),
    WellKnownType(
        "google.protobuf.Duration",
        "A span of time: seconds and nanoseconds. In JSON a string of seconds that ends in `s`.",
        '"30s"',
    ),
    WellKnownType(
        "google.protobuf.Struct",
        "An open JSON object. Every number is an IEEE 754 double: whole numbers beyond 2^53 lose "
        "digits, so send those as text.",
        '{"title": "Support", "priority": 2, "tags": ["new"]}',
    ),
)

ERROR_DETAILS = (
    WellKnownType(
        "google.rpc.ErrorInfo",
        "In every failure: the reason, the domain `chat3.user`, and metadata that the reason "
        "describes.",
        '{"reason": "ERROR_REASON_NOT_A_MEMBER", "domain": "chat3.user", '
        '"metadata": {"dialog_id": "dlg_aaaaaaaaaaaaaaaaaaaa"}}',
    ),
    WellKnownType(
        "google.rpc.RequestInfo",
        "In every failure: the request id, which is also in the service's logs. Quote it when you "
        "ask for support.",
        '{"requestId": "7d1f0c5e"}',
    ),
    WellKnownType(
        "google.rpc.BadRequest",
        "All violations of a request at once, each with the path of its field.",
        '{"fieldViolations": [{"field": "limit", "description": "must be 0 to 100"}]}',
    ),
    WellKnownType(
        "google.rpc.RetryInfo",
        "How long to wait before the next attempt.",
        '{"retryDelay": "1.500s"}',
    ),
    WellKnownType(
        "google.rpc.ResourceInfo",
        "Which thing was not found, or may not be seen.",
        '{"resourceType": "dialog", "resourceName": "dlg_aaaaaaaaaaaaaaaaaaaa"}',
    ),
    WellKnownType(
        "google.rpc.QuotaFailure",
        "Which limit was reached.",
        '{"violations": [{"subject": "user:alice", "description": "20 open streams"}]}',
    ),
)
