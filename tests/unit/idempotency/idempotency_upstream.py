"""tenant-api for one message per name, in virtual time; writes and repairs meet every fate."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal, NoReturn

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import reasons
from chat3_user.idempotency import Earlier, UnsettledError
from chat3_user.tenant_api.answers import GUARD_WINDOW, DuplicateGuardError, in_doubt

Fate = Literal[
    "ok",
    "slow",
    "lost",
    "answer lost",
    "late",
    "hangs",
    "hangs, then writes",
    "refused",
    "5xx",
    "cut",
    "in steps",
]
Repair = Literal["ok", "lost", "answer lost", "late", "hangs, then done"]


@dataclass
class Written:
    """A message at the platform: half written until it is whole, or until it is taken away."""

    message_id: str
    name: str
    whole: bool = True
    gone: bool = False


@dataclass
class SimulatedUpstream:
    """tenant-api for one message per name; its guard refuses what it took a moment ago."""

    clock: Callable[[], float]
    messages: list[Written] = field(default_factory=list)
    accepted: dict[str, float] = field(default_factory=dict)
    down: bool = False
    deletes: bool = True

    def take(self, name: str, *, whole: bool = True) -> Written:
        now = self.clock()
        if now - self.accepted.get(name, -1e9) < GUARD_WINDOW:
            raise DuplicateGuardError(
                reasons.upstream_unavailable().reason, "busy", retry_after=GUARD_WINDOW
            )
        self.accepted[name] = now
        self.messages.append(Written(f"{name}#{len(self.messages)}", name, whole))
        return self.messages[-1]

    def take_late(self, name: str, delay: float) -> None:
        """Let a request that was cut off turn up, within what the settings allow for."""

        def arrive() -> None:
            with suppress(DuplicateGuardError):
                self.take(name)

        asyncio.get_running_loop().call_later(delay, arrive)

    def take_half(self, name: str, rest_after: float | None) -> None:
        """Write the first steps; the rest later, while the caller is cut off, or never."""
        half = self.take(name, whole=False)

        def go_on() -> None:
            half.whole = True

        if rest_after is not None:
            asyncio.get_running_loop().call_later(rest_after, go_on)

    async def write(self, name: str, fate: Fate, delay: float) -> pb.SendMessageResponse:
        if self.down:
            raise reasons.upstream_unavailable()
        try:
            await asyncio.sleep(0.01)
            if fate == "refused":
                raise reasons.not_a_member("dlg_aaaaaaaaaaaaaaaaaaaa")
            if fate in {"lost", "late", "cut", "in steps"}:
                self._cut_off(name, fate, delay)
            if fate in {"hangs", "hangs, then writes"}:
                await asyncio.sleep(1e6)
            if fate == "slow":
                # As long as its worker lives and holds the key, there is no hurry.
                await asyncio.sleep(3 * delay)
            taken = self.take(name)
            if fate in {"answer lost", "5xx"}:
                raise in_doubt(reasons.upstream_unavailable())
        except asyncio.CancelledError:
            if fate == "hangs, then writes":
                self.take_late(name, delay)
            raise
        return response(taken)

    def _cut_off(self, name: str, fate: Fate, delay: float) -> NoReturn:
        if fate == "late":
            self.take_late(name, delay)
        if fate in {"cut", "in steps"}:
            self.take_half(name, delay if fate == "in steps" else None)
        raise in_doubt(reasons.upstream_unavailable())

    async def find(
        self, earlier: Earlier, repairs: list[Repair], delay: float
    ) -> pb.SendMessageResponse | None:
        if self.down:
            raise reasons.upstream_unavailable()
        await asyncio.sleep(0.01)
        there = [one for one in self.messages if one.name == earlier.name and not one.gone]
        for one in there:
            if one.whole:
                return response(one)
        for one in there:
            if not earlier.settled:
                raise UnsettledError
            deletes = self.deletes
            await self._repair(one, repairs.pop() if repairs else "ok", delay, deletes=deletes)
            if not deletes:
                return response(one)
        return None

    async def _repair(self, one: Written, fate: Repair, delay: float, *, deletes: bool) -> None:
        def arrive() -> None:
            if deletes:
                one.gone = True
            else:
                one.whole = True

        try:
            await asyncio.sleep(0.01)
            match fate:
                case "hangs, then done":
                    await asyncio.sleep(1e6)
                case "late":
                    asyncio.get_running_loop().call_later(delay, arrive)
                    raise in_doubt(reasons.upstream_unavailable())
                case "lost":
                    raise in_doubt(reasons.upstream_unavailable())
            arrive()
            if fate == "answer lost":
                raise in_doubt(reasons.upstream_unavailable())
        except asyncio.CancelledError:
            if fate == "hangs, then done":
                asyncio.get_running_loop().call_later(delay, arrive)
            raise


def response(written: Written) -> pb.SendMessageResponse:
    return pb.SendMessageResponse(message=pb.Message(message_id=written.message_id))
