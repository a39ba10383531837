"""A client that listens by Connect or gRPC-Web over HTTP/1.1, as a page or a script would."""

import asyncio
import random
import time
from typing import Any

import aiohttp

from support.faults.client import StreamClient
from support.faults.history import ClientHistory, Ended, Recorder
from support.faults.wire import SUBSCRIBE, message_class
from support.web_client import CallFailed, Form, WebClient, WebStream

_BUFFER = 65_536
"""Bytes that are read ahead of who reads: no more than a window of the gRPC clients."""


class WebStreamClient(StreamClient):
    """One logical client; ``form`` is the protocol and the codec it speaks."""

    def __init__(
        self,
        recorder: Recorder,
        history: ClientHistory,
        port: int,
        key: str,
        rng: random.Random,
        form: Form,
        *,
        heartbeat: int = 5,
        offered: float = 0.5,
        back_off: tuple[float, float] = (0.01, 0.3),
        heeds: bool = False,
    ) -> None:
        super().__init__(
            recorder,
            history,
            port,
            key,
            rng,
            heartbeat=heartbeat,
            offered=offered,
            back_off=back_off,
            heeds=heeds,
        )
        self._form = form

    async def stream(self) -> Ended | None:
        """Open one stream, read it to its end, and return how it ended."""
        self._silent = asyncio.get_running_loop().create_future()
        reading = asyncio.ensure_future(self._listen(self.next_request(), self.token))
        try:
            waits: set[asyncio.Future[Any]] = {reading, self._silent}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else None
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            self.live.clear()

    async def _listen(self, request: Any, resumed_from: str) -> Ended:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=self._silence)
        kind = message_class("SubscribeUpdatesResponse")
        status, stream = "UNAVAILABLE", None
        try:
            async with aiohttp.ClientSession(timeout=timeout, read_bufsize=_BUFFER) as session:
                url = f"http://127.0.0.1:{self.port}"
                client = WebClient(session, url, self._form, self.metadata)
                opening = client.stream(SUBSCRIBE, request, kind)
                async with asyncio.timeout(self._silence):
                    stream = await opening.__aenter__()
                try:
                    await self._read_web(stream, resumed_from)
                finally:
                    await opening.__aexit__(None, None, None)
        except TimeoutError:
            status = "SILENT"
        except CallFailed as failed:
            status = failed.end.status
        except (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError):
            pass
        return self._ended_web(status, stream)

    async def _read_web(self, stream: WebStream, resumed_from: str) -> None:
        while True:
            await self.reading.wait()
            if self.lag:
                await asyncio.sleep(self.lag)
            async with asyncio.timeout(self._silence):
                response = await stream.read()
            if response is None:
                return
            self._sees(response, resumed_from)

    def _ended_web(self, status: str, stream: WebStream | None) -> Ended:
        end = None if stream is None else stream.end
        if end is None:
            return self.conclude(Ended(time.time(), self._stream, status, "", "", "lost"))
        self._wait(end.retry_after or 0.0)
        offered = end.metadata.get("resume_token", "")
        return self.conclude(
            Ended(time.time(), self._stream, end.status, end.reason, offered, end.message)
        )
