"""`chat3-user-service --demo`, and the three commands it prints, run exactly as printed."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.patience import HANGS

WELCOME_ENDS = "Ctrl-C ends it"


@pytest.fixture(params=["plaintext", "TLS"])
async def commands(
    request: pytest.FixtureRequest, project: Path, tmp_path: Path
) -> AsyncIterator[list[str]]:
    """Start the demo as a process of its own; return the commands it prints."""
    certificates: tuple[str, ...] = ()
    if request.param == "TLS":
        command = [sys.executable, project / "tools/make_certs.py", tmp_path]
        await asyncio.to_thread(subprocess.run, command, check=True)
        files = (tmp_path / "server.pem", tmp_path / "server.key")
        certificates = ("--grpc-tls-cert", str(files[0]), "--grpc-tls-key", str(files[1]))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "chat3_user", "--demo", "--grpc-port", "0", "--ops-port", "0"),
        *("--demo-page-port", "0"),
        *certificates,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=project,
        env={**os.environ, "STATE_DIRECTORY": str(tmp_path)},
    )
    assert process.stdout is not None
    welcome = ""
    async with asyncio.timeout(HANGS):
        while WELCOME_ENDS not in welcome:
            line = await process.stdout.readline()
            assert line, (await process.communicate())[1].decode()
            welcome += line.decode()
    assert f"({request.param}, reflection on)" in welcome
    assert "tnt_default" in welcome
    assert "demo-key" in welcome
    yield re.findall(r"^  (CHAT3_API_KEY=.*)$", welcome, re.MULTILINE)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(HANGS):
        _, problems = await process.communicate()
    assert process.returncode == 0, problems.decode()
    assert "Traceback" not in problems.decode()


async def start(command: str, project: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_shell(
        f"exec env {command}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=project,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


async def run(command: str, project: Path) -> str:
    process = await start(command, project)
    async with asyncio.timeout(HANGS):
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


async def read_until(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout is not None
    seen = ""
    async with asyncio.timeout(HANGS):
        while text not in seen:
            line = await process.stdout.readline()
            assert line, seen
            seen += line.decode()
    return seen


async def test_the_printed_commands_work_as_printed(commands: list[str], project: Path) -> None:
    list_dialogs, watch, send = commands

    listed = await run(list_dialogs, project)
    assert all(title in listed for title in ("General", "Alice and Bob", "Weekend plans"))

    watching = await start(watch, project)
    try:
        assert watching.stdout is not None
        # What it prints first says that the stream is open.
        async with asyncio.timeout(HANGS):
            await watching.stdout.readline()
        sent = await run(send, project)
        assert "msg_" in sent
        assert "Hello, Bob!" in await read_until(watching, "Hello, Bob!")
    finally:
        with contextlib.suppress(ProcessLookupError):
            watching.kill()
        await watching.communicate()
