"""Several processes on one SQLite file: one of them wins, and what it wrote outlives its death."""

import asyncio
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from chat3_user.idempotency import Times
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.idempotency.store import Attempt, Busy, Finished, Held

_RACER = """
import asyncio, secrets, sys
from chat3_user.idempotency import Times
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.idempotency.store import Attempt, Held

async def main(path, keys):
    store = SqliteStore(path, Times(lease=60.0))
    await store.open()
    print("ready", flush=True)
    sys.stdin.readline()
    for index in range(keys):
        mine = Attempt(index.to_bytes(16, "big"), b"r" * 16, secrets.token_bytes(8))
        if isinstance(await store.claim(mine), Held):
            print(index, flush=True)
            await store.finish(mine, b"answer")
    await store.close()

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
_OPENER = """
import asyncio, sys
from chat3_user.idempotency import Times
from chat3_user.idempotency.sqlite import SqliteStore

async def main(folder, files):
    print("ready", flush=True)
    sys.stdin.readline()
    for index in range(files):
        store = SqliteStore(f"{folder}/{index}.db", Times())
        await store.open()
        await store.close()
    print("opened", flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""
_VICTIM = """
import asyncio, secrets, sys
from chat3_user.idempotency import Times
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.idempotency.store import Attempt

async def main(path):
    store = SqliteStore(path, Times(lease=0.5))
    await store.open()
    for index in range(1_000_000):
        mine = Attempt(index.to_bytes(16, "big"), b"r" * 16, secrets.token_bytes(8))
        await store.claim(mine)
        await store.finish(mine, b"answer %d" % index)
        print(index, flush=True)

asyncio.run(main(sys.argv[1]))
"""


def _python(program: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def _race(program: str, *arguments: str) -> list[str]:
    """Start four processes of ``program``, let them go at one moment; return what each printed."""
    with ExitStack() as racers:
        processes = [racers.enter_context(_python(program, *arguments)) for _ in range(4)]
        for process in processes:
            racers.callback(process.kill)
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        return [process.communicate()[0] for process in processes]


def test_of_racing_processes_one_wins_each_key(tmp_path: Path) -> None:
    keys = 300
    printed = _race(_RACER, str(tmp_path / "keys.db"), str(keys))
    assert sorted(int(line) for lines in printed for line in lines.split()) == list(range(keys))


def test_processes_that_start_at_once_make_one_file(tmp_path: Path) -> None:
    # About one in a thousand switches to write-ahead logging meets another's and fails at once.
    assert _race(_OPENER, str(tmp_path), "30") == ["opened\n"] * 4


async def test_a_switch_that_meets_anothers_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(tmp_path / "keys.db")
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        pauses: list[float] = []

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            other.close()

        monkeypatch.setattr("chat3_user.idempotency.sqlite.time.sleep", pause)
        store = SqliteStore(path, Times())
        await store.open()
        assert await store.claim(Attempt(b"s" * 16, b"r" * 16, b"owner"))
        await store.close()
    assert len(pauses) == 1


async def test_what_a_killed_process_was_told_is_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.db")
    with _python(_VICTIM, path) as victim:
        assert victim.stdout is not None
        for _ in range(50):
            victim.stdout.readline()
        victim.send_signal(signal.SIGKILL)
        rest = victim.stdout.read().split("\n")
    done = 49 + len([line for line in rest if line])
    store = SqliteStore(path, Times(lease=0.5))
    await store.open()
    for index in range(done + 1):
        mine = Attempt(index.to_bytes(16, "big"), b"r" * 16, secrets.token_bytes(8))
        assert await store.claim(mine) == Finished(b"answer %d" % index)
    # What it had begun comes free with the lease, in doubt.
    mine = Attempt((done + 2).to_bytes(16, "big"), b"r" * 16, secrets.token_bytes(8))
    last = Attempt((done + 1).to_bytes(16, "big"), b"r" * 16, secrets.token_bytes(8))
    claim = await store.claim(last)
    if isinstance(claim, Busy):
        await asyncio.sleep(0.6)
        claim = await store.claim(last)
        assert isinstance(claim, Held)
        assert claim.doubt is not None
    assert isinstance(await store.claim(mine), Held)
    await store.close()
