"""A publisher that fails on demand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class FlakyPublisher:
    """Refuses as often as it is told, with the given error, and keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.attempts = 0
        self.refusals = 0
        self.error: Exception = ConnectionError("broker down")
        self.gate = asyncio.Event()
        self.gate.set()
        self._again = asyncio.Event()

    async def publish(
        self,
        routing_key: str,
        body: bytes,
        headers: Mapping[str, str],
        timestamp_ms: int,
    ) -> None:
        self.attempts += 1
        self._again.set()
        await self.gate.wait()
        if self.refusals:
            self.refusals -= 1
            raise self.error
        self.taken.append(routing_key)

    async def tried(self, times: int) -> None:
        """Wait until publishing has been tried that often."""
        while self.attempts < times:
            self._again.clear()
            await self._again.wait()
