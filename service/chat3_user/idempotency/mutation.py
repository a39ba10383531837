"""What a method tells about its write, so that it can be run once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import betterproto2


class Keyed(Protocol):
    """A request that may bring an idempotency key; empty means it does not."""

    idempotency_key: str


ResponseT = TypeVar("ResponseT", bound=betterproto2.Message)


@dataclass(frozen=True, slots=True)
class Mutation(Generic[ResponseT]):
    """How a method writes, and what it knows about having written.

    ``write`` gets what names the request at tenant-api (None without a key) and may run again after
    an attempt of unknown outcome when ``find`` is absent. ``find`` gets the same name and how many
    seconds ago the first attempt began at most, and returns the response of an attempt that did
    write. ``prove`` fails when the caller may not write, nor have a stored answer.
    """

    response: type[ResponseT]
    write: Callable[[str | None], Awaitable[ResponseT]]
    find: Callable[[str, float], Awaitable[ResponseT | None]] | None = None
    prove: Callable[[], Awaitable[None]] | None = None
