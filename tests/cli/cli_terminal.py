"""A terminal with somebody at it: runs the command there, reads what it shows, types."""

import asyncio
import codecs
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress

_IN_A_SESSION = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "chat3_cli", *sys.argv[1:]])
"""
"""Makes the terminal on standard input that of a session of its own, as a shell has one."""


class Terminal:
    """One command at a terminal."""

    def __init__(self, master: int, process: asyncio.subprocess.Process) -> None:
        self._master = master
        self._process = process
        self.shown = ""
        self._read_up_to = 0
        # A character may come in two pieces.
        self._decoded = codecs.getincrementaldecoder("utf-8")().decode

    async def see(self, text: str) -> None:
        """Wait until the text is shown, behind what was seen before."""
        while (place := self.shown.find(text, self._read_up_to)) < 0:
            assert await self._read(), f"{text!r} is not in {self.shown!r}"
        self._read_up_to = place + len(text)

    def type(self, text: str) -> None:
        """Type a text; ``\\x03`` is Ctrl-C, ``\\x04`` is Ctrl-D."""
        os.write(self._master, text.encode())

    async def ended(self) -> int:
        """Read to the end; give the exit code."""
        while await self._read():
            pass
        return await self._process.wait()

    async def _read(self) -> bool:
        try:
            piece = await asyncio.to_thread(os.read, self._master, 65_536)
        except OSError:  # the other side is closed
            return False
        self.shown += self._decoded(piece).replace("\r\n", "\n")
        return bool(piece)


@asynccontextmanager
async def at_a_terminal(environment: Mapping[str, str], *argv: str) -> AsyncIterator[Terminal]:
    """Start the command at a terminal."""
    master, slave = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _IN_A_SESSION, *argv),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        os.close(master)
