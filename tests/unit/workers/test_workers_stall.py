"""A worker that gives no sign of life is killed and restarted; one that does is left alone."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat3_user.config import Config, composed
from chat3_user.health.board import Seat
from chat3_user.process import workers as module
from chat3_user.process.silence import Silence
from chat3_user.process.stacks import write_when_asked
from chat3_user.process.workers import Workers
from support.patience import HANGS


def test_silence_adds_up_until_there_is_a_sign_of_life() -> None:
    silence = Silence(10.0)
    assert silence.look(None, 10.5) == 0.5
    assert silence.look(None, 11.0) == 1.0
    assert silence.look(11.2, 11.5) == 0.0
    assert silence.look(11.2, 12.25) == 0.75
    assert silence.look(12.3, 12.5) == 0.0


def test_a_parent_that_was_stopped_itself_has_not_seen_silence() -> None:
    silence = Silence(10.0)
    silence.look(10.1, 10.2)
    assert silence.look(10.1, 4000.0) == 1.0


def beats(_: Config, seat: Seat) -> None:
    """Be a worker that lives."""
    while True:
        seat.beat()
        time.sleep(0.02)


def hangs(_: Config, seat: Seat) -> None:
    """Be a worker whose event loop is blocked."""
    write_when_asked()
    seat.beat()
    blocked_here()


def blocked_here() -> None:
    while True:
        time.sleep(3600)


def never_begins(config: Config, _: Seat) -> None:
    """Be a worker that hangs before it has an event loop."""
    Path(config.idempotency.database).touch()
    blocked_here()


class Parent:
    """The parent of one worker, which looks as long as a test wants it to."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.worker = workers._start(0)

    def look_until(self, wanted: Callable[[], bool]) -> None:
        end = time.monotonic() + HANGS
        while not wanted():
            assert time.monotonic() < end
            time.sleep(0.02)
            self.worker = self.workers._watch(self.worker)

    def has_begun(self) -> bool:
        return self.workers._board.last_beat(0) is not None

    def knows_it_dead(self) -> bool:
        return self.worker.restart_at is not None

    @property
    def restarts(self) -> dict[str, int]:
        return {str(cause): count for cause, count in self.workers._board.restarts(0).items()}


@contextmanager
def parent(
    run: Callable[[Config, Seat], None], stall: float, database: str = ""
) -> Iterator[Parent]:
    settings = {"worker_stall_timeout": stall, "idempotency_database": database}
    one = Parent(Workers(composed(demo=True, **settings), 1, run))
    try:
        yield one
    finally:
        one.worker.process.kill()
        one.worker.process.join()


def test_a_worker_that_hangs_says_where_and_is_restarted(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_LAST_WORDS", HANGS)
    with parent(hangs, stall=0.2) as one:
        said: list[str] = []

        def tells_where() -> bool:
            said.append(capfd.readouterr().err)
            return "in blocked_here" in "".join(said)

        one.look_until(tells_where)
        first = one.worker.process
        assert first.is_alive()
        one.worker.kill_at = time.monotonic()
        one.look_until(lambda: one.worker.process is not first)
        assert first.exitcode == -signal.SIGKILL
        assert one.restarts == {"exited": 0, "stalled": 1}


def test_a_worker_that_is_stopped_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LAST_WORDS", 0.1)
    with parent(beats, stall=1.0) as one:
        one.look_until(one.has_begun)
        assert one.worker.process.pid
        os.kill(one.worker.process.pid, signal.SIGSTOP)
        one.look_until(one.knows_it_dead)
        assert one.worker.process.exitcode == -signal.SIGKILL
        assert one.restarts == {"exited": 0, "stalled": 1}


def test_a_worker_that_dies_by_itself_has_not_stalled() -> None:
    with parent(beats, stall=HANGS) as one:
        one.look_until(one.has_begun)
        one.worker.process.kill()
        one.look_until(one.knows_it_dead)
        assert one.restarts == {"exited": 1, "stalled": 0}


def test_a_worker_that_starts_has_longer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    with parent(never_begins, stall=0.1, database=str(begun)) as one:
        one.look_until(lambda: begun.exists() and one.worker.silence.seconds > 0.1)
        assert one.worker.kill_at is None
        monkeypatch.setattr(module, "_START_TIMEOUT", 0.1)
        one.look_until(one.knows_it_dead)
        assert one.restarts == {"exited": 0, "stalled": 1}
