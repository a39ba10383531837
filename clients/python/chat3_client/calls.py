"""Makes one logical call: one deadline, one idempotency key, as many attempts as that allows."""

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import betterproto2
from grpclib.client import Channel
from h2.exceptions import ProtocolError as ConnectionUnusable

from chat3_client.answers import Answer, note
from chat3_client.connection import Connection, in_own_task, noting
from chat3_client.deadline import Deadline
from chat3_client.failures import (
    Chat3Error,
    DeadlineError,
    TokenRefusedError,
    UnreachableError,
)
from chat3_client.hooks import Attempt, Hook, entered
from chat3_client.identity import Identity
from chat3_client.line import Line
from chat3_client.retry import RetryBudget, RetryPolicy
from chat3_client.translation import late, translated

_log = logging.getLogger(__name__)

DEFAULT_TIMEOUT: Final = 15.0
"""Seconds for a call with all of its attempts. The service needs 10 of them to find out what became
of a change that was cut off."""

_NEVER_DONE: Final = ("ERROR_REASON_OVERLOADED", "ERROR_REASON_RATE_LIMITED")
"""Reasons that say that nothing was done: even a change without a key may be repeated."""

Response = TypeVar("Response", bound=betterproto2.Message)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Procedure(Generic[Response]):
    """A unary method of the contract."""

    name: str
    """Its full name, such as `chat3.user.v1.UserService/SendMessage`."""
    stub: Callable[[Channel], Any]
    method: Callable[..., Awaitable[Response]]
    """The method of the generated stub, not bound to one."""


class Calls:
    """Makes unary calls in the name of one caller."""

    def __init__(
        self,
        connection: Connection,
        identity: Identity,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.connection = connection
        self.identity = identity
        self.hooks = hooks
        self.retry = retry or RetryPolicy()
        self.timeout = timeout
        self._budget = RetryBudget(self.retry.budget)

    def in_name_of(self, identity: Identity) -> "Calls":
        """Return the calls of another caller on the same connection, with one budget for both."""
        others = copy(self)
        others.identity = identity
        return others

    async def unary(
        self,
        procedure: Procedure[Response],
        request: betterproto2.Message,
        timeout: float | None,
        retry: RetryPolicy | None = None,
    ) -> Response:
        """Make a call within ``timeout`` seconds, the client's own timeout by default.

        ``retry`` is for this call, in place of the client's own policy. Raises `Chat3Error`, with
        the idempotency key and the number of attempts.
        """
        retry = retry or self.retry
        deadline = Deadline(self.timeout if timeout is None else timeout)
        keyed = hasattr(request, "idempotency_key")
        key: str = getattr(request, "idempotency_key", "")
        number, renewed = 0, False
        while True:
            number += 1
            answer = Answer(idempotency_key=key, attempts=number)
            metadata: dict[str, str] = {}
            try:
                metadata |= await _in_time(deadline, self.identity.metadata())
                sent = dict(metadata)
                attempt = Attempt(
                    procedure.name, number, str(self.connection.address), sent, answer
                )
                response = await in_own_task(self._attempt(procedure, request, deadline, attempt))
            except Chat3Error as failure:
                error = failure
                if isinstance(error, TokenRefusedError) and not renewed:
                    try:
                        renewed = await _in_time(deadline, self.identity.refused(metadata))
                    except Chat3Error as no_token:
                        error = no_token
                    if renewed:
                        continue  # nothing was done, so this repetition is free
                error.idempotency_key, error.attempts = key, number
                hopeless = self._is_hopeless(error, retry)
                if hopeless or not may_repeat(error, blind=keyed and not key):
                    raise error from error.__cause__
                pause = retry.pause(number, error.retry_after)
                spent = number >= retry.attempts or not deadline.allows(pause)
                if spent or not self._affords(error, number):
                    raise error from error.__cause__
                _log.info("%s failed, again in %.2f s: %s", procedure.name, pause, error)
            else:
                self._budget.succeeded()
                note(response, answer)
                return response
            await asyncio.sleep(pause)

    def _affords(self, error: Chat3Error, number: int) -> bool:
        """Say whether the budget allows a repetition.

        One that follows nothing sent is no more load than there was. A connection that is lost
        takes all of its calls at once, and each may be made once more.
        """
        lost_first = number == 1 and not error.reason
        return lost_first or not error.failure.sent or self._budget.take()

    async def _attempt(
        self,
        procedure: Procedure[Response],
        request: betterproto2.Message,
        deadline: Deadline,
        attempt: Attempt,
    ) -> Response:
        noting(attempt.answer)
        with entered(self.hooks, attempt):
            async with self.connection.shared(deadline.left) as line:
                stub = procedure.stub(line.channel)
                understood = self.connection.understood
                try:
                    with translated(attempt.answer, understood, deadline.seconds):
                        return await procedure.method(
                            stub, request, timeout=deadline.left, metadata=attempt.metadata
                        )
                except Chat3Error as error:
                    self._renew_after(error, line)
                    raise

    def _is_hopeless(self, error: Chat3Error, retry: RetryPolicy) -> bool:
        """Say whether there is nobody to wait for, as far as this client knows."""
        waits = retry.wait_for_service or self.connection.answered
        return isinstance(error, UnreachableError) and not waits

    def _renew_after(self, error: Chat3Error, line: Line) -> None:
        """Leave a connection that ends, or on which nobody answers."""
        silent = isinstance(error, DeadlineError) and not error.reason
        unusable = isinstance(error.__cause__, ConnectionUnusable)
        if silent or unusable or error.reason == "ERROR_REASON_SHUTTING_DOWN":
            line.retire()


async def _in_time(deadline: Deadline, identified: Awaitable[T]) -> T:
    """Wait for a token source, which has until the call's deadline.

    Raises `DeadlineError`.
    """
    try:
        async with asyncio.timeout(deadline.left):
            return await identified
    except TimeoutError as error:
        raise late("no user token came before the deadline", sent=False) from error


def may_repeat(error: Chat3Error, *, blind: bool) -> bool:
    """Say whether a call may be made again after a failure.

    ``blind`` is a change without an idempotency key: nobody can tell whether it was made, unless it
    certainly was not.
    """
    if not error.transient:
        return False
    if not blind:
        return True
    return not error.failure.sent or error.reason in _NEVER_DONE


def fresh_key(given: str | None) -> str:
    """Return the idempotency key of a call: the given one, or a new one when none is given."""
    return str(uuid.uuid4()) if given is None else given
