"""What a method declares about its write, so that it can be run once."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import betterproto2


class Keyed(Protocol):
    """A request that may bring an idempotency key; empty means it does not."""

    idempotency_key: str


ResponseT = TypeVar("ResponseT", bound=betterproto2.Message)


class UnsettledError(Exception):
    """A look found something that may still be in the making, so it is neither an answer nor none.

    It can be judged in ``seconds``, or when the attempts are settled, whichever is later.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__("what an earlier attempt left cannot be judged yet")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Earlier:
    """The attempts of unknown outcome that a look is about.

    ``name`` is what `Mutation.write` was given. None began more than ``oldest`` seconds ago. The
    first that is known of began ``age`` seconds ago; None when the store only may have forgotten
    one, which nearly always means that there is none. ``settled`` means that none can reach the
    platform any more, that the platform works on none any more, and that no other worker looks or
    writes: then, and only then, a look may also complete or remove what was left half done.
    """

    name: str
    oldest: float
    age: float | None
    settled: bool


@dataclass(frozen=True, slots=True)
class Mutation(Generic[ResponseT]):
    """How a method writes, and what it knows about having written.

    ``ready`` fails when what is asked for cannot be written; it is asked before each write, apart
    from it, so that a call which is cut off there has certainly sent nothing.
    ``write`` gets what names the request at tenant-api (None without a key) and may run again after
    an attempt of unknown outcome when ``find`` is absent. ``find`` returns the response of an
    attempt that did write, None when it sees nothing that one wrote, and raises `UnsettledError`
    when it cannot tell yet; None is believed once the attempts are settled. ``prove`` fails when
    the caller may not write, nor have a stored answer. ``prove_key`` fails when the API key may
    not write; it is asked only for an answer that no write of this call earned.
    """

    response: type[ResponseT]
    write: Callable[[str | None], Awaitable[ResponseT]]
    find: Callable[[Earlier], Awaitable[ResponseT | None]] | None = None
    prove: Callable[[], Awaitable[None]] | None = None
    prove_key: Callable[[], Awaitable[None]] | None = None
    ready: Callable[[], Awaitable[None]] | None = None
