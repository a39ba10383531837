"""What aiormq raises when the broker, a connection or a channel goes away meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiormq.exceptions import AMQPError

from chat3_user.updates.broker import BrokerUnavailableError

FAILURES: Final = (AMQPError, OSError, TimeoutError, RuntimeError, asyncio.InvalidStateError)


def cancelled_by_owner() -> bool:
    """Return whether somebody ends the running task.

    aiormq cancels what waits on a connection that dies: to the task that looks the same.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


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
