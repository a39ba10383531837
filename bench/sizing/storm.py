"""A reconnect storm: clients that lost their streams come back to the workers that are there.

Time goes in steps. A worker has one core: the first attempt of a client opens a connection, each
later one is a call on it, and each stream that opens takes more, all as measured. An opening also
takes two requests of tenant-api, which answers so many a second for all workers. Clients that have
waited too long give up and try again.
"""

import random
from array import array
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.errors.pacing import RetryPacing
from sizing.constants import Constants

STEP = 0.02
"""Seconds."""

Delay = Callable[[random.Random, int, int, float], float]
"""The seconds until a client comes again: of the worker that it was at, its failures, the time."""

Hint = Callable[[random.Random, int, float], float]
"""The seconds that a worker asks for: of its number, and the time."""


@dataclass(frozen=True, slots=True)
class Place:
    """The clients of ``lost`` workers come to ``workers``; what these can do in a second."""

    lost: int
    workers: int
    openings_per_worker: float
    connection_us: float
    call_us: float
    openings_of_platform: float

    @classmethod
    def of(cls, lost: int, workers: int, given: Constants, *, part: float = 1.0) -> "Place":
        """Return the place by the constants; ``part`` is how much of tenant-api it has."""
        opening_us = given.storm_seconds * 1e6 / 10_000
        return cls(
            lost=lost,
            workers=workers,
            openings_per_worker=1e6 / (opening_us + given.connection_us),
            connection_us=given.connection_us,
            call_us=given.typing_us,
            openings_of_platform=given.platform_spare_requests / 2 * part,
        )


@dataclass(frozen=True, slots=True)
class Rules:
    """How clients and workers behave.

    ``first`` is when a client comes back after it lost its stream, ``again`` when after it gave up,
    which it does after ``patience`` seconds. A worker has ``admitted`` openings under way at most,
    and refuses all attempts until ``closed_until``; ``refused`` is when a client then comes again.
    """

    first: Delay
    again: Delay
    refused: Delay
    admitted: int | None = None
    closed_until: float = 0.0
    patience: float = 20.0


@dataclass(slots=True)
class Course:
    """What happened: the lists have a value for each second."""

    clients: int
    refusals: int = 0
    given_up: int = 0
    longest_lag: float = 0.0
    attempts: list[int] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    busiest: list[float] = field(default_factory=list)

    @property
    def full_seconds(self) -> int:
        """The seconds in which the busiest worker had no time left for anything else."""
        return sum(busy > 0.95 for busy in self.busiest)

    def back_after(self, share: float) -> int | None:
        """Return the seconds after which that part of all clients had its stream again."""
        opened = 0
        for second, count in enumerate(self.opened, 1):
            opened += count
            if opened >= share * self.clients:
                return second
        return None


class _Worker:
    """One worker: who waits on it, and how much of its core is left."""

    __slots__ = ("budget", "busy", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[tuple[int, float]] = deque()
        self.budget = 0.0
        self.busy = 0.0


def play(
    clients: int, place: Place, rules: Rules, *, seed: int = 1, longest: float = 300
) -> Course:
    """Play a storm of so many clients to its end, or for ``longest`` seconds; return its course."""
    return _Storm(clients, place, rules, random.Random(seed), longest).run()


class _Storm:
    def __init__(
        self, clients: int, place: Place, rules: Rules, draw: random.Random, longest: float
    ) -> None:
        self._place, self._rules, self._draw = place, rules, draw
        self._steps = round(longest / STEP)
        self._due: list[list[int]] = [[] for _ in range(self._steps + 1)]
        self._failures = bytearray(clients)
        self._at = array("H", (int(draw.random() * place.workers) for _ in range(clients)))
        self._workers = [_Worker() for _ in range(place.workers)]
        self._course = Course(clients)
        self._left = clients
        self._opening_cost = 1 / place.openings_per_worker - place.connection_us * 1e-6
        for client in range(clients):
            self._come(client, rules.first(draw, client % place.lost, 0, 0.0), -1)

    def run(self) -> Course:
        course, per_second = self._course, round(1 / STEP)
        attempts = opened = 0
        for step in range(self._steps):
            attempts += self._arrivals(step)
            opened += self._openings(step)
            if step % per_second == per_second - 1:
                course.attempts.append(attempts)
                course.opened.append(opened)
                course.waiting.append(sum(len(worker.waiting) for worker in self._workers))
                course.busiest.append(max(worker.busy for worker in self._workers))
                attempts = opened = 0
                for worker in self._workers:
                    worker.busy = 0.0
                if not self._left:
                    break
        return course

    def _come(self, client: int, delay: float, step: int) -> None:
        self._due[min(self._steps, step + 1 + int(delay / STEP))].append(client)

    def _fail(self, client: int, delay: Delay, step: int) -> None:
        failures = self._failures[client] = min(20, self._failures[client] + 1)
        self._come(client, delay(self._draw, self._at[client], failures, step * STEP), step)

    def _arrivals(self, step: int) -> int:
        """Take the attempts of a step, and what they cost before anything is decided."""
        now, rules, course = step * STEP, self._rules, self._course
        connecting, calling = self._place.connection_us * 1e-6, self._place.call_us * 1e-6
        workers, at, failures = self._workers, self._at, self._failures
        most = 0 if now < rules.closed_until else rules.admitted
        due, self._due[step] = self._due[step], []
        for client in due:
            worker = workers[at[client]]
            worker.budget -= calling if failures[client] else connecting
            if most is not None and len(worker.waiting) >= most:
                course.refusals += 1
                self._fail(client, rules.refused, step)
            else:
                worker.waiting.append((client, now))
        return len(due)

    def _openings(self, step: int) -> int:
        """Let those go who waited too long; open what cores and tenant-api have time for."""
        now, patience, cost = step * STEP, self._rules.patience, self._opening_cost
        for worker in self._workers:
            # What a worker is late, everything on it is late: its live updates, too.
            self._course.longest_lag = max(self._course.longest_lag, -worker.budget)
            worker.budget += STEP
            waiting = worker.waiting
            while waiting and now - waiting[0][1] > patience:
                self._course.given_up += 1
                self._fail(waiting.popleft()[0], self._rules.again, step)
        allowed, opened = self._allowed(step), 0
        able = [worker for worker in self._workers if worker.waiting and worker.budget > 0]
        self._draw.shuffle(able)
        while allowed > opened and able:
            # tenant-api serves all workers alike.
            each = max(1, (allowed - opened) // len(able))
            for worker in able:
                ready = min(each, len(worker.waiting), allowed - opened)
                ready = min(ready, int(worker.budget / cost) + 1)
                for _ in range(ready):
                    worker.waiting.popleft()
                worker.budget -= ready * cost
                opened += ready
            able = [worker for worker in able if worker.waiting and worker.budget > 0]
        for worker in self._workers:
            worker.busy += STEP - max(0.0, worker.budget)
            worker.budget = min(0.0, worker.budget)
        self._left -= opened
        return opened

    def _allowed(self, step: int) -> int:
        """Return the openings that tenant-api has time for in a step."""
        rate = self._place.openings_of_platform * STEP
        return int(rate * (step + 1)) - int(rate * step)


def full_jitter(first: float = 0.5, longest: float = 30.0) -> Delay:
    """Return the back-off that clients are asked to have: anything up to a bound that doubles."""

    def delay(draw: random.Random, _worker: int, failures: int, _now: float) -> float:
        return draw.random() * min(longest, first * 2.0 ** min(failures, 10))

    return delay


def no_jitter(first: float = 0.5, longest: float = 30.0) -> Delay:
    """Return a back-off that doubles and is the same for all."""

    def delay(_draw: random.Random, _worker: int, failures: int, _now: float) -> float:
        return min(longest, first * 2.0 ** min(failures, 10))

    return delay


def told(hint: Hint) -> Delay:
    """Return what a client does with a hint: it waits that long, and up to half as long again."""

    def delay(draw: random.Random, worker: int, _failures: int, now: float) -> float:
        return hint(draw, worker, now) * (1 + draw.random() / 2)

    return delay


def between(least: float, most: float) -> Hint:
    """Return a hint by chance, which knows nothing of others."""
    return lambda draw, _worker, _now: draw.uniform(least, most)


class Paced:
    """The hints of the service: ``base``, and a turn by the account of each worker."""

    def __init__(self, reason: ErrorReason, base: Hint) -> None:
        self._reason, self._base = reason, base
        self._now = 0.0
        self._accounts: dict[int, RetryPacing] = {}

    def __call__(self, draw: random.Random, worker: int, now: float) -> float:
        """Return the seconds that a worker asks for now."""
        self._now = now
        account = self._accounts.get(worker)
        if account is None:
            account = RetryPacing(clock=lambda: self._now, between=draw.uniform)
            self._accounts[worker] = account
        return self._base(draw, worker, now) + account.turn(self._reason)
