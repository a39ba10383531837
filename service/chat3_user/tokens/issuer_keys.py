"""The public keys of an issuer, as they are now: read at the start, now and then, and on demand."""

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from typing import Final

from aiohttp import ClientError
from joserfc.jwk import Key

from chat3_user.call_context import apart
from chat3_user.errors import token_reasons
from chat3_user.tokens.key_set import KeySetError, public_keys
from chat3_user.tokens.key_source import Read

log = logging.getLogger(__name__)

_EVERY: Final = 300.0
"""Seconds after which the keys are read again, and a withdrawn key is no longer accepted."""

PAUSE: Final = 10.0
"""Least seconds between two reads that unknown key ids cause."""

_WAITING: Final = 1000
"""Calls that wait for one reading; more are answered without it."""


class IssuerKeys:
    """Keeps the last good set when a reading fails; ``read`` returns the document."""

    def __init__(self, read: Read, count: Callable[[str], None]) -> None:
        self._read = read
        self._count = count
        self._keys: Mapping[str, Key] = {}
        self._changed: Callable[[], None] = _nothing
        self._reading: asyncio.Task[None] | None = None
        self._again: asyncio.Task[None] | None = None
        self._not_before = 0.0
        self._waiting = 0
        self.problem = ""
        """Why the last reading failed, if it did."""

    def on_change(self, changed: Callable[[], None]) -> None:
        """Have ``changed`` called whenever the set has become another."""
        self._changed = changed

    async def open(self) -> None:
        """Read the keys, and go on reading them; a failure leaves the service without them."""
        await self._read_once()
        self._again = asyncio.create_task(self._read_again(), name="token-issuer-keys")

    async def close(self) -> None:
        """Stop reading."""
        tasks = [task for task in (self._again, self._reading) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def key(self, id_: str) -> Key:
        """Return the key with an id; an unknown id causes another read of the set.

        Raises `CallError`.
        """
        if id_ not in self._keys:
            await self._read_for_unknown()
        key = self._keys.get(id_)
        if key is not None:
            return key
        if not self._keys:
            raise token_reasons.issuer_keys_unavailable()
        raise token_reasons.token_key_unknown()

    async def _read_again(self) -> None:
        while True:
            await asyncio.sleep(_EVERY * random.uniform(0.8, 1.0))
            await self._read_once()

    async def _read_for_unknown(self) -> None:
        """Read the keys, at a bounded rate; all who ask meanwhile wait for the same reading."""
        if self._reading is None:
            loop = asyncio.get_running_loop()
            if loop.time() < self._not_before:
                return
            self._not_before = loop.time() + PAUSE
            self._reading = loop.create_task(
                self._read_once(), name="token-issuer-unknown-key", context=apart()
            )
            self._reading.add_done_callback(self._read_done)
        if self._waiting >= _WAITING:
            return
        self._waiting += 1
        try:
            await asyncio.wait((self._reading,))
        finally:
            self._waiting -= 1

    def _read_done(self, _: "asyncio.Task[None]") -> None:
        self._reading = None

    async def _read_once(self) -> None:
        try:
            keys = public_keys(await self._read())
        except (OSError, TimeoutError, ClientError, KeySetError) as error:
            # The text of other errors may have the address in it, which may have a password.
            self.problem = str(error) if isinstance(error, KeySetError) else type(error).__name__
            self._count("failed")
            log.warning(
                "the keys of the tokens' issuer were not read",
                extra={"problem": self.problem, "known": len(self._keys)},
            )
            return
        self.problem = ""
        self._count("read")
        if keys != self._keys:
            self._keys = keys
            self._changed()
            log.info("keys of the tokens' issuer", extra={"ids": ", ".join(sorted(keys))[:500]})


def _nothing() -> None:
    """Do nothing."""
