"""Short descriptions of the google types that a contract uses, so that no reader has to leave."""

from dataclasses import dataclass, replace

from protoc_gen_chat3_docs.model import Contract, Reason


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


_FIELD_TYPES = (
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
    WellKnownType(
        "google.protobuf.Value",
        "Any JSON value. Numbers are IEEE 754 doubles.",
        '"Support"',
    ),
    WellKnownType(
        "google.protobuf.FieldMask",
        "Paths of fields, in the names of the contract. In JSON one string: paths in camel case, "
        "with commas between them.",
        '"content,editTime"',
    ),
    WellKnownType(
        "google.protobuf.Empty",
        "A message without fields.",
        "{}",
    ),
)

_ERROR_DETAILS = (
    WellKnownType(
        "google.rpc.ErrorInfo",
        "In every failure: the reason, the domain that the reason belongs to, and metadata that "
        "the reason describes.",
        "{}",
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


def field_types(contract: Contract) -> tuple[WellKnownType, ...]:
    """Describe the types of fields that the contract uses."""
    used = {
        field.type.target
        for package in contract.packages
        for message in package.messages
        for field in message.fields
    }
    return tuple(known for known in _FIELD_TYPES if known.full_name in used)


def error_details(contract: Contract) -> tuple[WellKnownType, ...]:
    """Describe the details of errors, with a reason of the contract as an example."""
    reasons = [reason for package in contract.packages for reason in package.reasons]
    if not reasons:
        return ()
    shown: Reason = max(reasons, key=lambda reason: '"metadata"' in reason.example)
    return tuple(
        replace(known, example=shown.example) if known.name == "ErrorInfo" else known
        for known in _ERROR_DETAILS
    )
