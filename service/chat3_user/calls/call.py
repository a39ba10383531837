"""One call: who makes it, what names it, and what it has to say besides its answer."""

import asyncio
import math
import secrets
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from betterproto2_compiled import Encoded
from chat3_user.validation import Identity


@dataclass(slots=True)
class Call:
    """A call under way.

    ``trailing`` goes into trailing metadata. A streaming method sets ``interrupted`` to what ends a
    send that waits for a slow client; ``send_now`` lets it send past the loop, while that waits for
    the method, and says whether it could. ``deadline`` is when the call is ended, by the loop's
    clock.
    """

    method: str
    request_id: str
    identity: Identity
    trailing: dict[str, str] = field(default_factory=dict)
    interrupted: "asyncio.Future[None] | None" = None
    send_now: Callable[[Encoded], bool] | None = None
    deadline: float = math.inf


_PROCESS: Final = secrets.token_hex(6)
_numbers: Final = count()


def new_request_id() -> str:
    """Return an id for a call whose caller gave none: unique, and cheap."""
    return f"{_PROCESS}{next(_numbers):06x}"


_current: ContextVar[Call] = ContextVar("call")


def current_call() -> Call:
    """Return the call that the running task serves."""
    return _current.get()


def enter_call(call: Call) -> None:
    """Make ``call`` the one that the running task serves: a task serves one."""
    _current.set(call)
