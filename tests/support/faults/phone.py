"""A foreign client that now holds a stream and now only asks what it missed, with one token."""

import asyncio
import time
from contextlib import suppress

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]

from support.faults.client import OPTIONS, StreamClient, gap_seen
from support.faults.history import Asked, Delivered
from support.faults.wire import LIST_UPDATES, message_class

_SIZES = (1, 2, 10, 100, 1000)
_PATIENCE = (0.3, 20.0)
"""Seconds: the deadlines of its calls."""

_STREAMS = 0.5
"""How often it opens a stream instead."""

_CRASHES = 0.1
"""How often it loses an answer before it has stored the token."""


class Phone(StreamClient):
    """Wakes up, asks or listens for a moment, and sleeps; some answers it never gets to handle."""

    async def run(self) -> None:
        """Wake up again and again until cancelled."""
        while True:
            if self._rng.random() < _STREAMS:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._rng.uniform(0.05, 1.5)):
                        await self.stream()
            else:
                size = self._rng.choice(_SIZES)
                pages = self._rng.randint(1, 20)
                while pages and await self.ask(size):
                    pages -= 1
            await asyncio.sleep(self._rng.uniform(*self._back_off))

    async def ask(self, size: int, patience: float | None = None) -> bool:
        """Ask once; return whether more waits and can be asked for at once."""
        await self.reading.wait()
        self._stream += 1
        resumed_from, begun = self.token, time.time()
        request = message_class("ListUpdatesRequest")(
            resume_token=resumed_from, page_size=size, update_kinds=self.update_kinds
        )
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.port}", options=OPTIONS)
        call = channel.unary_unary(
            LIST_UPDATES,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class("ListUpdatesResponse").FromString,
        )(
            request,
            metadata=tuple(self.metadata.items()),
            timeout=patience or self._rng.uniform(*_PATIENCE),
        )
        try:
            answer = await call
        except grpc.aio.AioRpcError:
            await self._ended(call, silent=False)
            return False
        finally:
            await channel.close()
        if self._rng.random() < _CRASHES:
            return False
        at, token = time.time(), answer.next_resume_token
        self._saw(Asked(at, self._stream, token, resumed_from, begun, answer.has_more))
        if answer.HasField("gap"):
            self._saw(gap_seen(at, self._stream, token, answer.gap))
        for update in answer.updates:
            self._saw(Delivered(at, self._stream, token, update.update_id, update.user_id))
        self.token = token
        return bool(answer.has_more)
