"""One call: who makes it, what names it, and what it has to say besides its answer."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chat3_user.calls.proof import LASTING, Proof
from chat3_user.errors import CallError
from chat3_user.telemetry import CallSpan
from chat3_user.validation import Identity
from chat3_user.wire import Encoded


@dataclass(slots=True)
class Call:
    """A call under way; ``method`` is the label of its method.

    ``trailing`` goes into trailing metadata. A streaming method sets ``interrupted`` to what ends a
    send that waits for a slow client, and ``slow`` to what ends its stream when the client has
    taken nothing for too long; ``send_now`` lets it send past the loop, while that waits for the
    method, and says whether it could. ``deadline`` is when the call is ended, by the loop's clock.
    ``proof`` says for how long the identity holds: a stream ends with it. ``span`` is the call's in
    its trace.
    """

    method: str
    request_id: str
    identity: Identity
    trailing: dict[str, str] = field(default_factory=dict)
    interrupted: "asyncio.Future[None] | None" = None
    slow: Callable[[], None] | None = None
    send_now: Callable[[Encoded], bool] | None = None
    deadline: float = math.inf
    proof: Proof = LASTING
    span: CallSpan = field(default_factory=CallSpan)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on a stream of them, and why it must not be served, if so."""

    request: Any
    problem: CallError | None
