"""What it costs that every worker is sent every update, beside what a binding for each user costs.

Run ``python bench/binding.py`` or ``make bench-binding``. Bindings as a user would need them, one
for each form of the platform's routing keys, are made and removed on a queue of their own. Then
workers without streams take updates by a schedule: their CPU, and the broker's, above what they
spend in silence, is that of an update of nobody here. Workers have one core; the broker, whose CPU
is told apart, and the load share the other. At last three ways to find that an update is of nobody
here are timed alone, with 10,000 users to look among.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
import timeit
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiormq
import uvloop
from aiormq.abc import AbstractChannel
from harness.broker import EXCHANGE, rabbitmq
from harness.machine import cores
from harness.process import cpu_of
from harness.publisher import publisher
from harness.results import begin, save
from harness.servers import OURS, Server, server
from upstream import bodies
from upstream.nginx import nginx

from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder

_USERS = 1000
_SUBSCRIBED = 10_000
_QUEUE = "bench.binding"


@dataclass(frozen=True)
class _Round:
    """Microseconds of CPU for an update: of one worker, and of the broker for all workers."""

    workers: int
    rate: float
    worker_us: float
    broker_us: float


class _Bench:
    def __init__(self, url: str, broker_pid: int, options: Any) -> None:
        self._url = url
        self._broker_pid = broker_pid
        self._seconds = options.seconds

    def round(self, workers: list[Server], rate: float) -> _Round:
        """Measure silence, then ``rate`` updates a second."""
        silence = self._spent(workers, lambda: time.sleep(self._seconds))
        count = rate * self._seconds
        taken = self._spent(workers, lambda: uvloop.run(self._publish(rate)))
        worker = (taken[0] - silence[0]) / count / len(workers)
        return _Round(len(workers), rate, worker * 1e6, (taken[1] - silence[1]) / count * 1e6)

    def _spent(self, workers: list[Server], what: Callable[[], object]) -> tuple[float, float]:
        before = self._cpu(workers)
        what()
        # Acknowledgements and what the broker still has to write belong to it.
        time.sleep(1.5)
        after = self._cpu(workers)
        return after[0] - before[0], after[1] - before[1]

    def _cpu(self, workers: list[Server]) -> tuple[float, float]:
        spent = sum(worker.process.cpu_seconds() for worker in workers)
        return spent, cpu_of(self._broker_pid)

    async def _publish(self, rate: float) -> None:
        async with publisher(self._url, _USERS) as made:
            await made.paced(rate, self._seconds)

    async def bindings(self, users: int) -> dict[str, dict[str, float]]:
        """Make and remove two bindings for each of ``users``; return what one of them costs."""
        connection = await aiormq.connect(self._url)
        channel = await connection.channel()
        await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
        await channel.queue_declare(_QUEUE, durable=True)
        made = await self._each(users, channel, channel.queue_bind)
        removed = await self._each(users, channel, channel.queue_unbind)
        await channel.queue_delete(_QUEUE)
        await connection.close()
        return {"bind": made, "unbind": removed}

    async def _each(
        self, users: int, channel: AbstractChannel, act: Callable[..., Any]
    ) -> dict[str, float]:
        before, began, ours = cpu_of(self._broker_pid), time.monotonic(), time.process_time()
        for number in range(users):
            for scope in ("*", f"{bodies.TENANT}.*"):
                await act(_QUEUE, EXCHANGE, f"update.*.{scope}.user_{number}.*")
        seconds, spent = time.monotonic() - began, time.process_time() - ours
        await channel.queue_declare(_QUEUE, passive=True)
        per = 1e6 / (2 * users)
        return {
            "seconds_us": round(seconds * per),
            "worker_us": round(spent * per),
            "broker_us": round((cpu_of(self._broker_pid) - before) * per),
        }


def _ways(count: int = 100_000) -> dict[str, float]:
    """Return microseconds of ways to find that an update is of nobody here."""
    body = bodies.published("user_0001", f"evt_{'e' * 32}", "Could you deliver it tomorrow?")
    key = f"update.dialog.{bodies.TENANT}.user.user_0001.message".encode()
    words = {f"subscribed_{number}".encode() for number in range(_SUBSCRIBED)}
    decode = UpdateDecoder().decode
    addresses = {(bodies.TENANT, word.decode()) for word in words}
    ways: dict[str, Callable[[], object]] = {
        "words of the key": lambda: words.isdisjoint(key.split(b".")),
        "address in the body": lambda: address_of(body) in addresses,
        "the whole body": lambda: decode(body),
    }
    return {
        name: round(
            min(timeit.repeat(way, number=count, repeat=3, timer=time.process_time)) / count * 1e6,
            2,
        )
        for name, way in ways.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rates", type=float, nargs="*", default=[500, 2000, 8000])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--bindings", type=int, default=10_000, help="users with two bindings")
    parser.add_argument("--seconds", type=float, default=8.0, help="length of a round")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        broker = stack.enter_context(rabbitmq(folder))
        bench = _Bench(broker.url, int((folder / "rabbitmq" / "pid").read_text()), options)
        costs = asyncio.run(bench.bindings(options.bindings))
        for what, cost in costs.items():
            print(f"{what}: " + ", ".join(f"{key} {value:.0f}" for key, value in cost.items()))
        rounds = []
        workers: list[Server] = []
        for count in options.workers:
            while len(workers) < count:
                made = server(OURS, [server_core], folder, tenant_api=url, rabbitmq=broker.url)
                workers.append(stack.enter_context(made))
            for rate in options.rates:
                rounds.append(bench.round(workers, rate))
                print(
                    f"{count} workers, {rate:.0f}/s: a worker {rounds[-1].worker_us:.1f} µs,"
                    f" the broker {rounds[-1].broker_us:.1f} µs an update"
                )
    ways = _ways()
    print("to find it: " + ", ".join(f"by {name} {cost} µs" for name, cost in ways.items()))
    more = [_each_worker(rounds, rate) for rate in options.rates]
    for rate, cost in zip(options.rates, more, strict=True):
        print(f"at {rate:.0f}/s each worker costs the broker {cost:.1f} µs an update")
    if options.save:
        save(
            "binding",
            machine,
            {
                "bindings": costs,
                "ways_us": ways,
                "rounds": [
                    {
                        "workers": taken.workers,
                        "rate": taken.rate,
                        "worker_us": round(taken.worker_us, 1),
                        "broker_us": round(taken.broker_us, 1),
                    }
                    for taken in rounds
                ],
                "broker_us_for_each_worker": dict(zip(map(str, options.rates), more, strict=True)),
            },
        )


def _each_worker(rounds: list[_Round], rate: float) -> float:
    """Return by how much the broker's cost of an update grows with each worker."""
    of_rate = {taken.workers: taken.broker_us for taken in rounds if taken.rate == rate}
    fewest = min(of_rate)
    more = [
        (cost - of_rate[fewest]) / (count - fewest)
        for count, cost in of_rate.items()
        if count > fewest
    ]
    return round(statistics.median(more), 1) if more else float("nan")


if __name__ == "__main__":
    main()
