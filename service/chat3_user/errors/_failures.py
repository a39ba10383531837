"""What a failure consists of: a reason of the contract, a text for people, and details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chat3_api.chat3.user.v1 import ErrorReason

_NAMED_BYTES = 200


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One broken rule of one request field; ``field`` is its proto path, such as ``meta.url``."""

    field: str
    description: str


@dataclass(frozen=True, slots=True)
class Resource:
    """The thing a failure is about, for ``google.rpc.ResourceInfo``."""

    type: str
    name: str


@dataclass(eq=False)
class CallError(Exception):
    """A failure with a reason of the contract; the only kind a caller gets to see.

    ``metadata`` goes into ``ErrorInfo``; ``retry_after`` (seconds) becomes ``RetryInfo``;
    ``quota`` (the limit's subject) becomes ``QuotaFailure``.
    """

    reason: ErrorReason
    message: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    violations: Sequence[FieldViolation] = ()
    resource: Resource | None = None
    retry_after: float | None = None
    quota: str | None = None

    def __str__(self) -> str:
        return f"{self.reason.name}: {self.message}"

    @property
    def loggable(self) -> str:
        """What logs say of it: the reason, for the message may hold what a caller sent."""
        return self.reason.name or str(self.reason.value)


def invalid_fields(violations: Sequence[FieldViolation]) -> CallError:
    """Return the failure that reports broken field rules, all at once."""
    named = ", ".join(violation.field or violation.description for violation in violations[:5])
    # Texts travel in trailers, percent-encoded, and once more in the details: see `_status`.
    named = named.encode()[:_NAMED_BYTES].decode(errors="ignore")
    return CallError(
        ErrorReason.INVALID_FIELD,
        f"invalid request: {named}",
        metadata={"field_count": str(len(violations))},
        violations=tuple(violations),
    )
