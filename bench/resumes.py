"""What it costs a worker that a stream of a tenant resumes and is left at once, again and again.

Run ``python bench/resumes.py`` or ``make bench-resumes``; it takes seconds. A hub runs in this
process on the broker in memory, so that what is measured is the service alone: its CPU time for a
resume, and the longest time for which it lets nobody else run. Reading entries from RabbitMQ comes
on top, where any are read: `make bench-log-read` says what each costs. ``--before FOLDER`` measures
another state of the service first, in a process of its own.
"""

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from harness.results import begin, save
from harness.servers import service_path
from upstream import bodies

from chat3_api.chat3.user.v1 import SubscribeUpdatesResponse
from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.updates.fanout.following.stream import tenant_responses
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.settings import HubSettings, StreamSettings
from chat3_user.updates.memory_broker import MemoryBroker

_BEHIND = (0, 1000, 4000)
"""How many updates of the tenant stand behind the tokens."""

_AT_ONCE = 16
_BEFORE = 1000
"""Updates that stand before all of them."""


class _Worker:
    """A hub, and the log's entries that were read for streams by themselves."""

    def __init__(self) -> None:
        self.broker = MemoryBroker("bench")
        self.read = 0
        reading = self.broker.log.read

        async def counted(*place: Any) -> AsyncGenerator[Any, None]:
            async for entry in reading(*place):
                self.read += 1
                yield entry

        self.broker.log.read = counted  # type: ignore[method-assign]
        self._hub = Hub(self.broker, UpdateDecoder().decode, address_of, HubSettings())

    async def open(self) -> None:
        await self._hub.open()

    async def close(self) -> None:
        await self._hub.close()

    def publish(self, number: int) -> None:
        for _ in range(number):
            event = f"evt_{secrets.token_hex(16)}"
            self.broker.log.append(bodies.published("user", event, "news"))

    async def resume_and_leave(self, text: str = "") -> str:
        """Open a stream with a token, leave it with its first response, and return that's token."""
        token = self._hub.read_token(text, bodies.TENANT, "")
        with self._hub.tenants.follower(bodies.TENANT, Filter()) as follower:
            responses = tenant_responses(
                self._hub.tenants,
                follower,
                token,
                "connection",
                timedelta(seconds=30),
                StreamSettings(),
                _allowed,
            )
            async with aclosing(responses):  # type: ignore[type-var]
                first = (await anext(responses))[0]
        return SubscribeUpdatesResponse.parse(bytes(first)).resume_token


async def _allowed() -> None:
    """Let every stream stay open."""


async def _longest_step(until: "asyncio.Future[Any]") -> float:
    """Return the most seconds of CPU from one turn of the loop to the next."""
    longest, before = 0.0, time.process_time()
    while not until.done():
        await asyncio.sleep(0)
        now = time.process_time()
        longest, before = max(longest, now - before), now
    return longest


async def _measure(resumes: int) -> dict[str, dict[str, float]]:
    worker = _Worker()
    await worker.open()
    worker.publish(_BEFORE)
    tokens: dict[int, str] = {}
    for more, behind in zip((3000, 1000, 0), sorted(_BEHIND, reverse=True), strict=True):
        tokens[behind] = await worker.resume_and_leave()
        worker.publish(more)

    async def again_and_again(token: str) -> None:
        for _ in range(resumes):
            await worker.resume_and_leave(token)

    figures = {}
    for behind in _BEHIND:
        # What is read once for all is not of one resume.
        await worker.resume_and_leave(tokens[behind])
        read, spent = worker.read, time.process_time()
        await again_and_again(tokens[behind])
        spent = time.process_time() - spent
        read = worker.read - read
        many = asyncio.gather(*(again_and_again(tokens[behind]) for _ in range(_AT_ONCE)))
        longest = await _longest_step(many)
        await many
        figures[f"{behind} behind"] = {
            "cpu_ms": round(spent / resumes * 1e3, 2),
            "entries_read": round(read / resumes, 1),
            "longest_step_ms": round(longest * 1e3, 2),
        }
    await worker.close()
    return figures


def _in_process(service: str, resumes: int) -> dict[str, dict[str, float]]:
    """Measure a state of the service in a process of its own."""
    found = subprocess.run(
        [sys.executable, __file__, "--print", "--resumes", str(resumes)],
        env={**os.environ, **({"PYTHONPATH": service} if service else {})},
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: dict[str, dict[str, float]] = json.loads(found.stdout)
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--resumes", type=int, default=20, help="how often each stream resumes")
    parser.add_argument("--before", default="", help="another state's folder `service`")
    parser.add_argument("--print", action="store_true", help="measure here, and print JSON")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    if options.print:
        print(json.dumps(asyncio.run(_measure(options.resumes))))
        return
    machine = begin()
    states = {"before": options.before} if options.before else {}
    states["now"] = service_path().get("PYTHONPATH", "")
    found = {state: _in_process(path, options.resumes) for state, path in states.items()}
    for state, figures in found.items():
        for name, figure in figures.items():
            print(f"{state}, {name}: {figure}")
    if options.before:
        for name, figure in found["now"].items():
            ratio = figure["cpu_ms"] / found["before"][name]["cpu_ms"]
            print(f"{name}: {ratio:.3f} of the CPU before")
    if options.save:
        save("resumes", machine, found)


if __name__ == "__main__":
    main()
