"""The face of tracing: what is traced, and the process that traces nothing."""

from collections.abc import Callable, Mapping, MutableMapping
from types import MappingProxyType
from typing import Final, Protocol

import msgspec
from opentelemetry.trace import SpanContext

from chat3_user.telemetry.spans import CallSpan, DeliverySpan, OperationSpan

Carrier = Mapping[str, str]
"""The headers of a message, among which a trace context may be."""

NO_CARRIER: Final[Carrier] = MappingProxyType({})


class Named(msgspec.Struct, frozen=True):
    """What an update names: its event and, where it is about one, its dialog and message."""

    tenant_id: str = ""
    user_id: str = ""
    event_id: str = ""
    source_event_type: str = ""
    update_type: str = ""
    dialog_id: str = ""
    message_id: str = ""


class Requests:
    """Traces HTTP requests to one server; this one traces nothing."""

    __slots__ = ()

    def request(
        self, method: str, route: str, headers: MutableMapping[str, str], resend: int
    ) -> OperationSpan:
        """Begin a request, and put the trace context into its headers.

        ``route`` is a template; ``resend`` says how often the request was sent before.
        """
        del method, route, headers, resend
        return _OPERATION


class Deliveries(Protocol):
    """Traces updates that come from one place."""

    def delivery(self, body: bytes, carrier: Carrier) -> DeliverySpan | None:
        """Begin a delivery of the update in ``body``, which came with ``carrier``, if sampled."""

    @property
    def stream(self) -> SpanContext | None:
        """The context of the call that opens a stream here, where that is sampled."""


class Tracing:
    """Traces the process; this one traces nothing, and costs no more than the question."""

    __slots__ = ()

    on: bool = False
    """Whether anything is traced."""

    def sampled_trace_id(self) -> str:
        """Return the id of the trace that is being recorded, in hexadecimal; empty when none is."""
        return ""

    def call(
        self, service: str, method: str, metadata: Mapping[str, str], protocol: str
    ) -> CallSpan:
        """Begin a call to a method of ours, in the trace that its metadata name."""
        del service, method, metadata, protocol
        return _CALL

    def requests(self, host: str, port: int) -> Requests:
        """Return what traces requests to a server."""
        del host, port
        return _REQUESTS

    def operation(self, system: str, name: str) -> OperationSpan:
        """Begin an operation of a store, whose ``system`` is such as `redis` or `sqlite`."""
        del system, name
        return _OPERATION

    def deliveries(
        self, system: str, destination: str, named_in: Callable[[bytes], Named]
    ) -> Deliveries | None:
        """Return what traces updates from a ``destination`` of a messaging ``system``, if any is.

        ``named_in`` reads what the body of an update names.
        """
        del system, destination, named_in
        return None


_CALL: Final = CallSpan()
_OPERATION: Final = OperationSpan()
_REQUESTS: Final = Requests()

OFF: Final = Tracing()
"""Traces nothing."""
