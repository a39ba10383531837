"""The face of the transport: one call as the server sees it, whatever protocol brought it."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, MutableSequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from grpclib.exceptions import GRPCError
from multidict import MultiMapping

Message = TypeVar("Message", bound=bytes)
"""An encoded message."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end: ``address`` as limits group it, ``connection`` by identity."""

    address: str
    connection: object


class ServerCall(ABC):
    """A call under way.

    Its request messages are encoded, its answer is, too. A method that takes one message is started
    when that is whole, one that takes several at once: what it has not received yet is bounded.
    Nothing here waits but `receive`, `answer` and `send`.
    """

    __slots__ = ()

    protocol: ClassVar[str]
    """`grpc`, `grpc_web` or `connect`."""

    path: str
    """`/package.Service/Method`."""

    metadata: MultiMapping[str]
    """What the client sent beside the request, names in lower case, values undecoded."""

    deadline: float
    """When the client gives up, by the loop's clock; infinity when it did not say."""

    peer: Peer

    initial: Mapping[str, str]
    """Metadata to be sent before the answer; set before anything is."""

    @property
    @abstractmethod
    def bytes_in(self) -> int:
        """The bytes of the request's body that were read, as they travelled."""

    @property
    @abstractmethod
    def bytes_out(self) -> int:
        """The bytes of the answer's body that were sent, as they travel."""

    @property
    @abstractmethod
    def ended(self) -> bool:
        """Whether the caller has its status, or is gone."""

    @abstractmethod
    async def receive(self) -> bytes | None:
        """Return the next request message; nothing when the client sends no more.

        Raises `CallError`, `ClientGoneError`.
        """

    @abstractmethod
    async def answer(self, message: bytes, trailing: Mapping[str, str]) -> None:
        """Send the one message of an answer, and end the call well.

        Raises `ClientGoneError`, `SlowClientError`.
        """

    @abstractmethod
    def begin(self) -> None:
        """Send initial metadata, so that the client knows the call was accepted."""

    @abstractmethod
    async def send(
        self,
        messages: MutableSequence[Message],
        interrupted: "asyncio.Future[None] | None" = None,
    ) -> bool:
        """Send ``messages``; return whether all went out before ``interrupted`` was done.

        What was sent is removed from ``messages``. Raises `ClientGoneError`, `SlowClientError`.
        """

    @abstractmethod
    def send_now(self, message: bytes) -> bool:
        """Send a message at once if nothing is in its way; return whether it was sent."""

    @abstractmethod
    def finish(self, trailing: Mapping[str, str]) -> None:
        """End the call well, if it has not ended."""

    @abstractmethod
    def fail(self, failure: GRPCError, trailing: Mapping[str, str]) -> None:
        """End the call with a failure, if it has not ended."""


@dataclass(frozen=True, slots=True)
class Route:
    """What serves a path; ``streams_requests`` starts it before the request is whole.

    ``safe`` is a method without side effects, which HTTP may call by GET.
    """

    serve: Callable[[ServerCall], Awaitable[None]]
    streams_requests: bool = False
    streams_answers: bool = False
    safe: bool = False

    @property
    def unary(self) -> bool:
        """Whether there is one request and one answer."""
        return not (self.streams_requests or self.streams_answers)
