"""How long a connection lives: it greets in time, answers pings, ages, and is asked to go."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from chat3_user.transport.codes import ErrorCode
from chat3_user.transport.engine import EngineError

if TYPE_CHECKING:
    from chat3_user.transport.http2_connection import Http2Connection

CLIENT: Final = "client"
DRAIN: Final = "drain"
AGE: Final = "age"
"""Why connections end that break no rule: they are closed by the client, or asked to go."""

_ROUND_TRIP: Final = 1.0
"""Seconds between the two GOAWAY frames: more than a round trip."""

_KEEPALIVE: Final = 60.0
_KEEPALIVE_TIMEOUT: Final = 20.0
"""A client that vanished without a word is found within a minute and a half."""


class Lifetime:
    """The timers of one connection."""

    __slots__ = ("_connection", "_going", "_timers", "greeted", "heard")

    def __init__(self, connection: "Http2Connection") -> None:
        self._connection = connection
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._going = False
        self.heard = False
        """Whether something has come since the last look."""
        self.greeted = False
        """Whether the client has acknowledged our settings."""

    @property
    def going(self) -> bool:
        """Whether the client was asked to go."""
        return self._going

    def begin(self) -> None:
        """Begin to age."""
        limits = self._connection.limits
        self._later("age", limits.max_age * random.uniform(0.8, 1.0), self._grow_old)
        self._later("handshake", limits.handshake_timeout, self._end_when_silent)
        self._later("keepalive", _KEEPALIVE, self._keep_alive)

    def end(self) -> None:
        """Stop all timers."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def go_away(self) -> None:
        """Ask the client to go on elsewhere; calls in flight are not touched."""
        connection = self._connection
        if not self._going and not connection.closing:
            self._going = True
            # First with the highest stream id, so that no request on its way is lost.
            self._tell(connection.engine.send_shutdown_notice)
            self._later("idle", _ROUND_TRIP, self._close_when_idle)

    def _grow_old(self) -> None:
        self._connection.cause = AGE
        self.go_away()

    def watch_block(self) -> None:
        """See to it that a block of headers that has begun ends within the handshake's limit."""
        if "block" not in self._timers:
            block = self._connection.frames.blocks
            limit = self._connection.limits.handshake_timeout
            self._later("block", limit, lambda: self._end_block(block))

    def _end_block(self, block: int) -> None:
        del self._timers["block"]
        frames = self._connection.frames
        if frames.in_block and frames.blocks == block:
            problem = "headers without an end"
            self._connection.end(ErrorCode.PROTOCOL_ERROR, problem, "unfinished_headers")
        elif frames.in_block:
            self.watch_block()

    def _close_when_idle(self) -> None:
        connection = self._connection
        if connection.closing:
            return
        self._tell(lambda: connection.engine.send_goaway(last_stream_id=connection.highest))
        if connection.streams:
            self._later("idle", _ROUND_TRIP, self._close_when_idle)
        else:
            connection.close()

    def _end_when_silent(self) -> None:
        """End a connection whose client has not acknowledged our settings: none does no work."""
        if not self.greeted:
            problem = "no settings were acknowledged"
            self._connection.end(ErrorCode.SETTINGS_TIMEOUT, problem, "handshake")

    def _keep_alive(self) -> None:
        if self.heard:
            self.heard = False
            self._later("keepalive", _KEEPALIVE, self._keep_alive)
            return
        self._tell(self._connection.engine.ping)
        self._later("keepalive", _KEEPALIVE_TIMEOUT, self._end_when_dead)

    def _end_when_dead(self) -> None:
        if self.heard:
            self._keep_alive()
        else:
            self._connection.abort("keepalive")

    def _tell(self, act: Callable[[], None]) -> None:
        """Have the engine say something, unless it is past that."""
        with suppress(EngineError):
            act()
        self._connection.flush()

    def _later(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, act)
