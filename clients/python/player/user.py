"""A user of the scenario: a client, a live store, and a stream."""

import asyncio
import os
from pathlib import Path
from typing import Final

from chat3_client import Chat3Client, Connected, FileStore, LiveStore
from player.record import Record

CALL_TIMEOUT: Final = 120.0
"""Seconds for a call with all its attempts."""


class User:
    """One user's client and live store, from a start to its stop."""

    def __init__(self, name: str, folder: Path, record: Record, errors: list[str]) -> None:
        self.chat = Chat3Client.from_environment({**os.environ, "CHAT3_USER": name})
        self.store = LiveStore(
            self.chat, history=100, open_all=True, resume=FileStore(folder / name)
        )
        self._name, self._record, self._errors = name, record, errors
        self._filled = asyncio.Event()
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        try:
            async for event in self.store:
                self._record.take(event)
                if isinstance(event, Connected):
                    self._filled.set()
        except Exception as error:  # noqa: BLE001 - told in the outcome
            self._errors.append(f"the stream of {self._name} ended: {error!r}")

    async def started(self) -> None:
        """Wait until the stream is open and the store is filled."""
        async with asyncio.timeout(CALL_TIMEOUT):
            await self._filled.wait()

    async def stop(self) -> None:
        """Close in good order."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.chat.close()
