"""How the parts of the service report operations to tracing, if it is on."""

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self

from opentelemetry.trace import SpanContext

from chat3_user.finished_call import FinishedCall


class SilentSpan(AbstractContextManager["SilentSpan"]):
    """An operation that is not traced, or one that is, in a class below this."""

    __slots__ = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the operation."""


class CallSpan(SilentSpan):
    """A call to a method of ours."""

    __slots__ = ()

    @property
    def trace_id(self) -> str:
        """The id of its trace in hexadecimal; empty without one."""
        return ""

    def about(self, request: Any) -> None:
        """Note which dialog and which message a request names."""

    def wrote(self, message_id: str) -> None:
        """Note the message that the call has written."""

    def finished(self, call: FinishedCall) -> None:
        """Note what is known of the call at its end."""


class OperationSpan(SilentSpan):
    """A request to tenant-api, or an operation of a store."""

    __slots__ = ()

    def answered(self, status: int) -> None:
        """Note the HTTP status of the answer."""

    def resulted(self, outcome: str) -> None:
        """Record the outcome of a store's operation, as one of a few names."""

    def failed(self, kind: str) -> None:
        """Note that the operation failed, and how, by a name of few."""


class DeliverySpan(SilentSpan, ABC):
    """An update on its way to the streams of its user."""

    __slots__ = ()

    @abstractmethod
    def handed_to(self, stream: SpanContext | None) -> None:
        """Note a stream that the update was handed to, by the context that it began in."""
