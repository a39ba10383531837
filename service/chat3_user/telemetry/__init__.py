"""Traces: spans of calls, of what they ask of others, and of the updates that follow from them."""

from chat3_user.telemetry.opening import opened
from chat3_user.telemetry.spans import CallSpan, DeliverySpan, OperationSpan
from chat3_user.telemetry.tracing import (
    NO_CARRIER,
    OFF,
    Carrier,
    Deliveries,
    Named,
    Requests,
    Tracing,
)

__all__ = [
    "NO_CARRIER",
    "OFF",
    "CallSpan",
    "Carrier",
    "Deliveries",
    "DeliverySpan",
    "Named",
    "OperationSpan",
    "Requests",
    "Tracing",
    "opened",
]
