"""Processes of the service: forked where its modules are there already, or begun from nothing."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import BinaryIO, Protocol

from support.faults.forge import forged

_LINE = 2**20
"""Bytes of a line of the log, at most."""


class Process(Protocol):
    """What is used of asyncio's processes."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    @property
    def stderr(self) -> asyncio.StreamReader | None: ...
    def send_signal(self, signal: int) -> None: ...
    def kill(self) -> None: ...
    async def wait(self) -> int: ...


class _Forked:
    def __init__(self, pid: int, stderr: asyncio.StreamReader, news: asyncio.StreamReader) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self.stderr = stderr
        self._end = asyncio.create_task(self._ends(news))

    async def _ends(self, news: asyncio.StreamReader) -> int:
        self.returncode = int(await news.read())  # to the end, which closes the pipe
        return self.returncode

    def send_signal(self, signal: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        return await asyncio.shield(self._end)


async def forked(environment: Mapping[str, str]) -> Process:
    """Start one worker that runs the service of this checkout; its log is what it has."""
    stderr, news = [await _reader(pipe) for pipe in forged(environment)]
    return _Forked(int(await news.readline()), stderr, news)


async def _reader(pipe: BinaryIO) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=_LINE)
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), pipe
    )
    return reader


async def begun(environment: Mapping[str, str]) -> Process:
    """Start the service as its command does, with one worker or several."""
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "chat3_user",
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        limit=_LINE,
    )
