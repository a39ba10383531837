"""Failures a caller can see: raised where they are known, translated once at the edge."""

from chat3_user.errors import reasons, token_reasons
from chat3_user.errors._failures import CallError, FieldViolation, Resource, invalid_fields
from chat3_user.errors._status import to_grpc_error
from chat3_user.errors.pacing import RetryPacing

__all__ = [
    "CallError",
    "FieldViolation",
    "Resource",
    "RetryPacing",
    "invalid_fields",
    "reasons",
    "to_grpc_error",
    "token_reasons",
]
