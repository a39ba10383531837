"""What a store of idempotency keys does, whatever keeps it: the one interface of both stores.

A record is about one key. It is *held* by an attempt while its lease lasts, *finished* once it has
an answer, or *in doubt*: an attempt may have been sent and its outcome was never learnt. All times
that cross this interface are seconds from now, so that nobody needs the store's clock.
"""

from dataclasses import dataclass
from typing import Protocol

from chat3_user.shared_redis import Problem


class StoreUnavailableError(Exception):
    """The store did not answer in time, cannot write or may not be asked: ``reason`` says which.

    The text has nothing of callers.
    """

    def __init__(self, text: str, reason: Problem = "unreachable") -> None:
        super().__init__(text)
        self.reason = reason

    @property
    def loggable(self) -> str:
        """The text."""
        return str(self)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to run a request: ``scope`` names the key, ``request`` what was asked with it.

    ``owner`` is unique to the attempt.
    """

    scope: bytes
    request: bytes
    owner: bytes


@dataclass(frozen=True, slots=True)
class Doubt:
    """An earlier attempt may have written, or may yet do so.

    None began more than ``oldest`` seconds ago. The first that is known of began ``age`` seconds
    ago; ``age`` is None when none is, and the store only may have forgotten one. That none has
    written can be believed when a look-up says so in ``settles_in`` seconds or later.
    """

    oldest: float
    settles_in: float
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The key is now this attempt's, which has to end it."""

    doubt: Doubt | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """Another attempt holds the key."""


@dataclass(frozen=True, slots=True)
class Reused:
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The key's request was run; ``answer`` is its encoded response."""

    answer: bytes


Claim = Held | Busy | Reused | Finished


class Store(Protocol):
    """Keeps records; every method may raise `StoreUnavailableError`.

    Each is one atomic step, and does no harm when it is repeated.
    """

    async def open(self) -> None:
        """Make the store usable; called once, before everything else."""

    async def close(self) -> None:
        """Let go of what `open` took."""

    async def check(self) -> None:
        """Write something that means nothing, as far as every other write would go."""

    async def claim(self, attempt: Attempt) -> Claim:
        """Take the key for an attempt, if it is free; of several at once exactly one gets it."""

    async def renew(self, attempt: Attempt) -> bool:
        """Renew the lease; False when another attempt has the key by now."""

    async def finish(self, attempt: Attempt, answer: bytes) -> bool:
        """Keep the answer for the retention; False when the key is another attempt's by now."""

    async def release(self, attempt: Attempt) -> None:
        """End an attempt that wrote nothing: the key is free, or as much in doubt as before."""

    async def forget(self, attempt: Attempt) -> None:
        """End an attempt after which nothing is in doubt, and that needs no answer kept."""

    async def abandon(self, attempt: Attempt, sent_ago: float) -> None:
        """End an attempt that was last sent ``sent_ago`` seconds ago, with unknown outcome."""
