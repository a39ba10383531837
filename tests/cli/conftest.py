"""The CLI tests' vocabulary: a scripted `service`, `run` in this process, `spawn` in its own."""

import asyncio
import contextlib
import io
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from cli_scripted_service import ScriptedService
from cli_vocabulary import Result, Run, Running, Spawn

from chat3_cli.__main__ import main


@pytest.fixture(autouse=True)
def _berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    running = Running()
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
def service(running: Running) -> ScriptedService:
    return running.service


@pytest.fixture
def environment(
    monkeypatch: pytest.MonkeyPatch, running: Running, tmp_path: Path
) -> dict[str, str]:
    settings = {
        "CHAT3_ADDRESS": f"127.0.0.1:{running.port}",
        "CHAT3_TENANT": "tnt_test",
        "CHAT3_API_KEY": "key",
        "CHAT3_USER": "alice",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("CHAT3_CONFIG", "CHAT3_PROFILE", "CHAT3_TOKEN", "CHAT3_TLS", "CHAT3_CA"):
        monkeypatch.delenv(name, raising=False)
    return dict(os.environ)


@pytest.fixture
def run(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Run:
    assert environment["CHAT3_USER"]

    async def in_a_thread(*argv: str) -> Result:
        code = await asyncio.to_thread(_exit_code, list(argv))
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return in_a_thread


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Put bytes on standard input, which is no terminal."""

    def give(raw: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), "utf-8"))

    return give


def _exit_code(argv: list[str]) -> int:
    try:
        return main(argv)
    except SystemExit as end:
        return int(end.code or 0)


@pytest.fixture
async def spawn(environment: dict[str, str]) -> AsyncIterator[Spawn]:
    started: list[asyncio.subprocess.Process] = []

    async def start(*argv: str, **overrides: str) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "chat3_cli",
            *argv,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environment | overrides,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
