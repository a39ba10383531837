"""What aiormq raises when the broker, a connection or a channel goes away meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from aiormq.exceptions import (
    AMQPConnectionError,
    AMQPError,
    ChannelAccessRefused,
    ProbableAuthenticationError,
)

from chat3_user.updates.broker import BrokerUnavailableError


class VhostRefusedError(AMQPConnectionError):
    """The broker takes the user, but lets it not into the vhost; the text is the broker's."""


@dataclass(frozen=True, slots=True)
class BrokerProblem:
    """Why there is no session; ``text`` is for people."""

    reason: Literal["unreachable", "vhost_refused", "access_refused"]
    text: str


def problem_of(error: Exception) -> BrokerProblem:
    """Return what a session that failed says of the broker, in words and the broker's own text."""
    text = str(error) or type(error).__name__
    match error:
        case VhostRefusedError():
            words = "the vhost does not exist" if "not found" in text else "the vhost is refused"
            return BrokerProblem("vhost_refused", f"{words}: {text}")
        case ProbableAuthenticationError():
            return BrokerProblem("access_refused", f"refused, wrong user or password: {text}")
        case ChannelAccessRefused():
            return BrokerProblem("access_refused", f"refused, the user may not do this: {text}")
        case AMQPConnectionError(__cause__=OSError()):
            return BrokerProblem("unreachable", f"no node can be reached: {text}")
        case TimeoutError():
            return BrokerProblem("unreachable", "no node answered in time")
    return BrokerProblem("unreachable", text)


FAILURES: Final = (AMQPError, OSError, TimeoutError, RuntimeError, asyncio.InvalidStateError)


def cancelled_by_owner() -> bool:
    """Return whether somebody ends the running task.

    aiormq cancels what waits on a connection that dies: to the task that looks the same.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def end_if_cancelled() -> None:
    """End the running task if its owner has cancelled it, before it waits for long.

    A library may have lost the cancellation: `asyncio.wait_for` returns what is done, and forgets
    that it was cancelled meanwhile. Raises `asyncio.CancelledError`.
    """
    if cancelled_by_owner():
        raise asyncio.CancelledError


@contextmanager
def unavailable() -> Iterator[None]:
    """Turn whatever aiormq raises when its broker goes away into `BrokerUnavailableError`."""
    try:
        yield
    except FAILURES as error:
        raise BrokerUnavailableError from error
    except asyncio.CancelledError as error:
        if cancelled_by_owner():
            raise
        raise BrokerUnavailableError from error
