"""Turns every way in which grpclib reports a failed call into the exceptions of this library."""

import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

# The package has types for its modules but does not say so (no py.typed).
from google.rpc import error_details_pb2  # type: ignore[import-untyped, unused-ignore]
from grpclib.const import Status
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError
from h2.exceptions import ProtocolError as ConnectionUnusable

from chat3_client.answers import Answer
from chat3_client.failures import (
    Chat3Error,
    Failure,
    FieldViolation,
    Resource,
    UnreachableError,
    error_of,
)


class HungUpError(ConnectionError):
    """The other side closed a connection before HTTP/2 began on it."""


@contextmanager
def translated(
    answer: Answer, answered: Callable[[], bool], timeout: float | None = None
) -> Iterator[None]:
    """Raise `Chat3Error` for whatever goes wrong with a call that may have been sent.

    ``answered`` says whether anything ever came from the service without TLS. ``timeout`` is what
    the whole call has, in seconds.
    """
    try:
        yield
    except GRPCError as error:
        raise error_of(_of_status(error, answer.trailers)) from error
    except TimeoutError as error:
        raise late(within(timeout)) from error
    except (StreamTerminatedError, ProtocolError, ConnectionUnusable, ConnectionError) as error:
        text = f"the connection was lost: {error}"
        raise lost(text if answered() else f"{text}; does it want TLS?") from error
    except AssertionError as error:
        # The stubs assert that there is an answer, grpclib that a message is whole.
        raise lost("the answer was cut off") from error


def within(timeout: float | None) -> str:
    """Say that there was no answer within ``timeout`` seconds."""
    if timeout is None:
        return "no answer came before the deadline"
    return f"no answer came within {timeout:g} s"


def late(text: str, *, sent: bool = True) -> Chat3Error:
    """Return the failure of a call that had no answer in time."""
    return error_of(Failure(Status.DEADLINE_EXCEEDED, text, sent=sent))


def lost(text: str) -> Chat3Error:
    """Return the failure of a connection that ended before its time."""
    return error_of(Failure(Status.UNAVAILABLE, text))


def unreachable(address: object, error: Exception, *, tls: bool) -> Chat3Error:
    """Return the failure of a connection that could not be made.

    A certificate that is not trusted stays so: that failure is not transient.
    """
    if isinstance(error, TimeoutError):
        text = f"cannot reach {address}: no answer in time"
    elif isinstance(error, ssl.SSLCertVerificationError):
        text = f"the certificate of {address} is not trusted: {error.verify_message}"
        return UnreachableError(Failure(Status.FAILED_PRECONDITION, text, sent=False))
    elif isinstance(error, ssl.SSLError):
        text = f"cannot speak TLS with {address}: {error.reason or error}"
        if error.reason in {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"}:
            text += "; the service seems to have none there: leave out tls"
        return UnreachableError(Failure(Status.FAILED_PRECONDITION, text, sent=False))
    else:
        why = getattr(error, "strerror", None) or str(error) or "the connection was closed"
        text = f"cannot reach {address}: {why}"
    if isinstance(error, ConnectionResetError) and tls:
        text += "; is TLS spoken there?"
    elif isinstance(error, HungUpError) and not tls:
        text += "; does it want TLS?"
    return error_of(Failure(Status.UNAVAILABLE, text, sent=False))


def _of_status(error: GRPCError, trailers: Mapping[str, str]) -> Failure:
    found: dict[str, Any] = {}
    for detail in error.details or ():
        match detail:
            case error_details_pb2.ErrorInfo():
                found |= {"reason": detail.reason, "metadata": dict(detail.metadata)}
            case error_details_pb2.BadRequest():
                found["violations"] = tuple(
                    FieldViolation(each.field, each.description) for each in detail.field_violations
                )
            case error_details_pb2.RetryInfo():
                found["retry_after"] = detail.retry_delay.ToTimedelta().total_seconds()
            case error_details_pb2.RequestInfo():
                found["request_id"] = detail.request_id
            case error_details_pb2.ResourceInfo():
                found["resource"] = Resource(detail.resource_type, detail.resource_name)
            case _:
                pass  # `QuotaFailure` says for people what the metadata says already.
    found.setdefault("request_id", trailers.get("x-request-id", ""))
    text = error.message or "the service gave no text"
    return Failure(error.status, text, trailers=trailers, **found)
