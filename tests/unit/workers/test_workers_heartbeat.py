"""Signs of life of an event loop: on the board of the machine, and to systemd."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from chat3_user.health.board import Board, Seat
from chat3_user.process import heartbeat
from chat3_user.process.heartbeat import Watchdog, beating
from support.patience import HANGS


@pytest.fixture
def systemd(tmp_path: Path) -> socket.socket:
    """What systemd listens on."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    listener.bind(str(tmp_path / "notify"))
    return listener


def variables(listener: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": listener.getsockname(), "WATCHDOG_USEC": "60000000", **more}


async def test_a_loop_that_runs_beats_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT", 0.01)
    board = Board.alone()
    assert board.last_beat(0) is None
    async with beating(Seat(board), Watchdog({})), asyncio.timeout(HANGS):
        beats = set()
        while len(beats) < 3:
            await asyncio.sleep(0.005)
            beats.add(board.last_beat(0))
    last = board.last_beat(0)
    await asyncio.sleep(0.05)
    assert board.last_beat(0) == last


def test_systemd_hears_of_the_process_that_it_watches(systemd: socket.socket) -> None:
    with systemd:
        Watchdog(variables(systemd)).beat()
        assert systemd.recv(100) == b"WATCHDOG=1"
        Watchdog(variables(systemd, WATCHDOG_PID=str(os.getpid()))).beat()
        assert systemd.recv(100) == b"WATCHDOG=1"


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as listener:
        listener.bind(f"\0chat3-{os.getpid()}")
        address = f"@chat3-{os.getpid()}"
        Watchdog({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1"}).beat()
        assert listener.recv(100) == b"WATCHDOG=1"


def test_what_systemd_did_not_ask_for_is_not_said(systemd: socket.socket) -> None:
    with systemd:
        for given in (
            # A worker has the variables of its parent, which systemd watches.
            variables(systemd, WATCHDOG_PID=str(os.getppid())),
            variables(systemd, WATCHDOG_USEC=""),
        ):
            Watchdog(given).beat()
            with pytest.raises(BlockingIOError):
                systemd.recv(100)


def test_a_systemd_that_is_gone_is_not_waited_for(tmp_path: Path) -> None:
    Watchdog({"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "1"}).beat()


PARENT = """
from chat3_user.config import composed
from chat3_user.process.workers import Workers

Workers(composed(demo=True), 0, print).serve()
"""
ALONE = """
from chat3_user.config import composed
from chat3_user.health.board import Board, Seat
from chat3_user.process.worker import run

run(composed(demo=True, grpc_port=0, ops_port=0, demo_page_port=0), Seat(Board.alone()))
"""


@pytest.mark.parametrize("program", [PARENT, ALONE], ids=["parent", "alone"])
def test_the_first_process_of_the_service_is_the_one_that_is_watched(
    systemd: socket.socket, program: str
) -> None:
    environment = {**os.environ, **variables(systemd)}
    with systemd, subprocess.Popen([sys.executable, "-c", program], env=environment) as process:
        systemd.settimeout(HANGS)
        try:
            assert [systemd.recv(100) for _ in range(2)] == [b"WATCHDOG=1"] * 2
        finally:
            process.kill()
