"""Answers that are read back after a write."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chat3_user.errors import CallError
from chat3_user.tenant_api.answers import in_doubt

ResponseT = TypeVar("ResponseT")


async def after_the_write(read: Callable[[], Awaitable[ResponseT]]) -> ResponseT:
    """Return what is read; a failure leaves the write in doubt, so that a repetition looks.

    Raises `CallError`.
    """
    try:
        return await read()
    except CallError as error:
        raise in_doubt(error) from error
