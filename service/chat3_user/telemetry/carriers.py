"""Trace contexts in headers, by W3C's recommendations: read, and passed on.

What a caller sends is bounded before it is looked at: no caller is known yet. Its baggage is of no
use here, so it is passed on as it came: to take it apart would cost more than many a call.
"""

import re
from collections.abc import Mapping, MutableMapping
from typing import Final

from opentelemetry.context import Context, create_key, get_value, set_value
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PARENT: Final = "traceparent"
_STATE: Final = "tracestate"
_BAGGAGE: Final = "baggage"
_NOWHERE: Final = Context()
_W3C: Final = TraceContextTextMapPropagator()
_UNSAMPLED: Final = re.compile(
    "00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f][02468ace]"
)
_KEY: Final = create_key("chat3-baggage")

_FIT_STATE: Final = re.compile(r"[\x20-\x7e]{1,512}")
"""Vendors' state; the recommendation asks everybody to pass on so many characters."""
_FIT_BAGGAGE: Final = re.compile(r"[\x20-\x7e]{1,4096}")
"""What may stand in a header. The recommendation allows twice as much, at which servers refuse."""


def context_in(headers: Mapping[str, str]) -> Context:
    """Return the context that headers name; an empty one where they name none, or a broken one."""
    context = _NOWHERE
    parent = headers.get(_PARENT)
    if parent is not None:
        carrier = {_PARENT: parent}
        state = headers.get(_STATE)
        if state is not None and _FIT_STATE.fullmatch(state):
            carrier[_STATE] = state
        context = _W3C.extract(carrier, context)
    baggage = headers.get(_BAGGAGE)
    if baggage is not None and _FIT_BAGGAGE.fullmatch(baggage):
        context = set_value(_KEY, baggage, context)
    return context


def unsampled_in(parent: str) -> str:
    """Return the trace id of a ``traceparent`` which says that it is not sampled; else nothing."""
    found = _UNSAMPLED.fullmatch(parent)
    return "" if found is None else found[1]


def unsampled_headers(
    trace_id: str, span_id: str, came: Mapping[str, str], *, begun_by_caller: bool
) -> dict[str, str]:
    """Return headers of a trace that is not sampled, with what ``came`` along with it."""
    headers = {_PARENT: f"00-{trace_id}-{span_id}-00"}
    state, baggage = came.get(_STATE), came.get(_BAGGAGE)
    if state is not None and begun_by_caller and _FIT_STATE.fullmatch(state):
        headers[_STATE] = state
    if baggage is not None and _FIT_BAGGAGE.fullmatch(baggage):
        headers[_BAGGAGE] = baggage
    return headers


def put_into(headers: MutableMapping[str, str], context: Context) -> None:
    """Put a context, with the baggage that came with it, into headers."""
    _W3C.inject(headers, context)
    baggage = get_value(_KEY, context)
    if isinstance(baggage, str):
        headers[_BAGGAGE] = baggage
