"""The service as processes that a deployment would start, and clients of it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from support.faults.wire import SUBSCRIBE, message_class
from support.web_client import Form, WebClient

IDENTITY = {"x-api-key": "demo-key", "x-tenant-id": "tnt_default", "x-user-id": "alice"}
DIALOG = "dlg_demoalicebob00000000"
_STARTING = 120.0


@asynccontextmanager
async def started(
    arguments: Sequence[str], log: Path, ready: str, environment: Mapping[str, str] = {}
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """Run a module as a process until the block ends; it is there when ``ready`` answers 200."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", *arguments],
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=output,
            stderr=output,
        )
    try:
        async with asyncio.timeout(_STARTING):
            while not await answers(ready):
                assert process.poll() is None, log.read_text()
                await asyncio.sleep(0.05)
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.wait, 20)


async def answers(url: str) -> bool:
    with suppress(aiohttp.ClientError):
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return answer.status == 200
    return False


async def ended(process: subprocess.Popen[bytes]) -> int:
    """Tell a process to end, as every deployment does; return how it did."""
    process.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(process.wait, 60)


def compose(project: Path) -> dict[str, Any]:
    """Return the services of the compose file, its variables at their defaults."""
    text = (project / "deploy" / "compose" / "compose.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))["services"]
    return found


def client(session: aiohttp.ClientSession, port: int) -> WebClient:
    return WebClient(session, f"http://127.0.0.1:{port}", Form("connect", json=False), IDENTITY)


async def send(caller: WebClient, text: str, key: str = "") -> str:
    """Send a message of Alice to Bob and return its id."""
    request, kind = message_class("SendMessageRequest"), message_class("SendMessageResponse")
    message = request(dialog_id=DIALOG, content=text, idempotency_key=key)
    answer, _ = await caller.call("/chat3.user.v1.UserService/SendMessage", message, kind)
    return str(answer.message.message_id)


@asynccontextmanager
async def running_task(work: Coroutine[Any, Any, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run something beside the block; it is cancelled at the end, and raises what it has raised."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class Reader:
    """A client with a stream, which comes back with its last token whenever that ends."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.texts: list[str] = []
        self.streams = 0
        self.gaps = 0
        self.live = asyncio.Event()
        self._token = ""

    async def run(self) -> None:
        while True:
            with suppress(aiohttp.ClientError, asyncio.IncompleteReadError, AssertionError):
                await self._once()

    async def _once(self) -> None:
        request, kind = (
            message_class("SubscribeUpdatesRequest"),
            message_class("SubscribeUpdatesResponse"),
        )
        async with (
            aiohttp.ClientSession() as session,
            client(session, self._port).stream(
                SUBSCRIBE, request(resume_token=self._token), kind
            ) as stream,
        ):
            while (response := await stream.read()) is not None:
                if response.HasField("connection_established"):
                    self.streams += 1
                    self.live.set()
                self.gaps += response.HasField("gap")
                if response.update.HasField("message_created"):
                    self.texts.append(response.update.message_created.message.content)
                self._token = response.resume_token or self._token

    async def has(self, texts: Sequence[str]) -> None:
        """Wait until as many texts have come."""
        async with asyncio.timeout(60):
            while len(self.texts) < len(texts):
                await asyncio.sleep(0.02)
