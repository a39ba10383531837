"""The board of a machine's workers: what one says all can read, across processes."""

import multiprocessing

import pytest

from chat3_user.health.board import SILENT_AFTER, Board, Entry, Seat
from chat3_user.health.machine import Status
from support.patience import HANGS


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def board(clock: Clock, count: int = 2) -> Board:
    return Board.alone(count, clock)


def test_a_worker_that_said_nothing_yet_is_silent() -> None:
    assert board(Clock()).entries() == [Entry.SILENT, Entry.SILENT]


def test_a_worker_that_hangs_grows_silent() -> None:
    clock = Clock()
    two = board(clock)
    two.put(0, Status.READY)
    two.put(1, Status.READY)
    clock.now += SILENT_AFTER - 0.1
    two.put(0, Status.READY)
    assert two.status() is Status.READY
    clock.now += 0.2
    assert two.entries() == [Entry.READY, Entry.SILENT]


def test_a_worker_that_died_is_silent_at_once() -> None:
    two = board(Clock())
    two.put(1, Status.READY)
    two.clear(1)
    assert two.entries()[1] is Entry.SILENT


def test_a_sign_of_life_keeps_what_was_said() -> None:
    clock = Clock()
    two = board(clock)
    assert two.last_beat(1) is None
    two.put(1, Status.DEGRADED)
    clock.now += SILENT_AFTER
    two.beat(1)
    assert two.last_beat(1) == clock.now
    assert two.entries() == [Entry.SILENT, Entry.DEGRADED]


def test_a_worker_that_lives_and_has_said_nothing_is_not_ready() -> None:
    two = board(Clock())
    two.put(0, Status.READY)
    two.clear(0)
    two.beat(0)
    assert two.entries()[0] is Entry.NOT_READY


def test_restarts_outlive_the_worker() -> None:
    two = board(Clock())
    two.restarted(1, "stalled")
    two.restarted(1, "stalled")
    two.restarted(1, "exited")
    two.clear(1)
    assert Seat(two, 1).restarts() == {"exited": 1, "stalled": 2}
    assert Seat(two, 0).restarts() == {"exited": 0, "stalled": 0}


R, D, N = Status.READY, Status.DEGRADED, Status.NOT_READY


@pytest.mark.parametrize(
    ("workers", "machine"),
    [
        ((R, R), R),
        ((R, D), D),
        ((D, D), D),
        ((R, N), D),
        ((D, None), D),
        ((R, None), D),
        ((N, N), N),
        ((N, None), N),
        ((None, None), N),
    ],
)
def test_a_machine_is_as_good_as_what_its_workers_make_of_it(
    workers: tuple[Status | None, ...], machine: Status
) -> None:
    two = board(Clock())
    for index, status in enumerate(workers):
        if status is not None:
            two.put(index, status)
    assert two.status() is machine


def _say(seat: Seat) -> None:
    seat.put(Status.DEGRADED)


def test_what_another_process_says_is_read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat3_user.health.board.SILENT_AFTER", HANGS)
    shared = Board.shared(3)
    process = multiprocessing.get_context("spawn").Process(target=_say, args=(Seat(shared, 2),))
    process.start()
    process.join()
    assert shared.entries() == [Entry.SILENT, Entry.SILENT, Entry.DEGRADED]
