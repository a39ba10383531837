"""Checks what the service does for the caller: its health, the identity, the platform, updates."""

import ssl
import time
from collections.abc import Sequence

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_cli.caller import ask_who
from chat3_cli.doctor import identity, peer
from chat3_cli.doctor.findings import (
    Finding,
    doubtful,
    fine,
    not_checked,
    unavailable,
)
from chat3_cli.failures import hint_of, title
from chat3_cli.session import Identity, Session, Target
from chat3_client import Chat3Error, Disconnected

_TRY_AGAIN = "try again; if it stays so, tell the operators"
USER_SERVICE = "chat3.user.v1.UserService"

MOST_SKEW_SECONDS = 30.0
"""The service accepts tokens that were created so many seconds in its future."""

_NOT_GRPC = ("Received :status", "content-type", "Missing grpc-status", "Invalid grpc-status")
"""How grpclib says that an answer over HTTP/2 is none of gRPC's."""

_OF_THE_PLATFORM = (ErrorReason.UPSTREAM_UNAVAILABLE, ErrorReason.UPSTREAM_INVALID_RESPONSE)


async def service(session: Session) -> Finding:
    """Ask the service for its health."""
    try:
        status = await session.health(USER_SERVICE)
    except Chat3Error as error:
        return _no_service(error)
    if status == "SERVING":
        return fine("service", "it serves")
    advice = "its operators see why in /readyz; it refuses calls, or soon will"
    return unavailable("service", f"it says that it is {status}", advice)


def _no_service(error: Chat3Error) -> Finding:
    if any(said in error.failure.text for said in _NOT_GRPC):
        text = f"what answers over HTTP/2 does not speak gRPC: {error.failure.text}"
        return unavailable("service", text, "check host and port; a proxy has to pass gRPC on")
    if error.status.name in ("NOT_FOUND", "UNIMPLEMENTED"):
        text = f"this gRPC server does not have {USER_SERVICE}"
        return unavailable("service", text, "check host and port: it is another service")
    return unavailable("service", title(error), hint_of(error) or _TRY_AGAIN)


async def called(session: Session, caller: Identity) -> Sequence[Finding]:
    """Call as the caller does, and say what the service thinks of the identity and the platform."""
    try:
        seen = await ask_who(session, caller)
    except Chat3Error as error:
        return _of_a_failed_call(error, caller)
    return (*identity.accepted(seen), fine("platform", "it answers"))


def _of_a_failed_call(error: Chat3Error, caller: Identity) -> Sequence[Finding]:
    judged = identity.judged(error, caller)
    if judged:
        return (*judged, not_checked("platform", "the identity was refused"))
    unknown = [not_checked(part, "the call failed otherwise") for part in identity.parts(caller)]
    at_fault = "platform" if _is(error.reason, _OF_THE_PLATFORM) else "calls"
    return (*unknown, unavailable(at_fault, title(error), hint_of(error) or _TRY_AGAIN))


async def updates(session: Session) -> Finding:
    """Open a stream of updates, and close it."""
    try:
        async with session.user.updates() as stream:
            first = await anext(stream)
    except Chat3Error as error:
        return _no_stream(error)
    if isinstance(first, Disconnected):
        return _no_stream(first.error)
    return fine("updates", "a stream opens")


def _no_stream(error: Chat3Error) -> Finding:
    if error.reason == f"ERROR_REASON_{ErrorReason.TOO_MANY_STREAMS.name}":
        return doubtful("updates", title(error), "close a stream, such as a `chat3 watch`")
    return unavailable("updates", title(error), hint_of(error) or _TRY_AGAIN)


async def clock(target: Target, context: ssl.SSLContext | None) -> Finding:
    """Compare this machine's clock with the service's, which its answers over HTTP/1.1 tell.

    `context` is that of HTTP/1.1 over TLS.
    """
    before = time.time()
    try:
        told = (await peer.ask_web(target, context, "/", target.timeout)).unix_time
    except (OSError, TimeoutError, ValueError):
        told = None
    if told is None:
        return not_checked("clock", "the service does not tell its time")
    after = time.time()
    # The service cuts its time to the second.
    skew = max(before - (told + 1), told - after, 0.0)
    if skew <= MOST_SKEW_SECONDS:
        return fine("clock", "this machine's clock and the service's agree")
    side = "behind" if told > after else "ahead of"
    text = f"this machine's clock is {skew:.0f} s {side} the service's"
    advice = "set the clocks (NTP): tokens that a wrong clock creates are refused"
    return doubtful("clock", text, advice)


def _is(reason: str, known: Sequence[ErrorReason]) -> bool:
    return reason in {f"ERROR_REASON_{each.name}" for each in known}
