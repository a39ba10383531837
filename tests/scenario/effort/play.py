"""Runs the programs behind connections that break, and holds that each does all that it should.

PYTHONPATH=tests python -m scenario.effort.play python typescript go
"""

import argparse
import asyncio
import os
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from chat3_embedded.server import serve
from chat3_embedded.settings import Settings
from chat3_embedded.store import Store
from chat3_user.app import running
from chat3_user.config import composed
from chat3_user.updates.memory_broker import MemoryBroker
from scenario.effort.count import PROJECT
from scenario.reference_client import Account, ReferenceClient
from scenario.scenario_in_memory import Late
from scenario.stream_record import StreamRecord
from support.faults.proxy import Proxy
from support.gateway import KEY

_HERE: Final = Path(__file__).resolve().parent
_TYPESCRIPT: Final = PROJECT / "var" / "effort" / "typescript" / "out"
_GO: Final = PROJECT / "var" / "effort" / "go"

LANGUAGES: Final = ("python", "typescript", "go")

_PATIENCE: Final = 40.0
_SILENCE: Final = 120.0
"""Seconds in which a program must notice that nothing comes any more: two heartbeats are 60."""


def command(language: str, when: str) -> Sequence[str]:
    """Return how the program of a language is started that was written before, or after."""
    match language:
        case "python":
            return sys.executable, str(_HERE / when / "python" / "main.py")
        case "typescript":
            return "node", str(_TYPESCRIPT / f"{when}.js")
        case _:
            return (str(_GO / when),)


class Program:
    """One program, its lines, and the proxy between it and the service."""

    def __init__(
        self, name: str, words: Sequence[str], file: Path, settings: Mapping[str, str]
    ) -> None:
        self.name = name
        self._command = [*words, str(file)]
        self._environment = {**os.environ, **settings}
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._news = asyncio.Event()
        self.lines: list[str] = []

    async def start(self) -> None:
        """Start it; it has printed nothing yet."""
        self.lines = []
        self._process = await asyncio.create_subprocess_exec(
            *self._command, env=self._environment, stdout=asyncio.subprocess.PIPE
        )
        self._reading = asyncio.create_task(self._read(self._process))

    async def stop(self) -> None:
        """End it, as a crash would."""
        if self._process is not None and self._reading is not None:
            if self._process.returncode is None:
                self._process.kill()
            await self._process.wait()
            await self._reading

    async def prints(self, pattern: str, times: int = 1, *, within: float = _PATIENCE) -> None:
        """Wait until so many lines are as the pattern says."""
        try:
            async with asyncio.timeout(within):
                while len([line for line in self.lines if re.fullmatch(pattern, line)]) < times:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise AssertionError(f"{self.name}: no {pattern!r} in {self.lines}") from None

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.lines.append(line.decode().rstrip())
            self._news.set()


class Stage:
    """A platform, two services on it, and who writes."""

    def __init__(self, store: Store, ports: Sequence[int]) -> None:
        self._store = store
        self._ports = ports
        self._plays = 0

    async def play(self, name: str, words: Sequence[str], folder: Path) -> None:
        """Hold one program to what it should do."""
        self._plays += 1
        tenant = f"tnt_{self._plays}"
        self._store.add_tenant(tenant)
        for user in ("alice", "bob"):
            self._store.add_user(tenant, user)
        dialog = self._store.add_dialog(tenant, meta={}).dialog_id
        for user in ("alice", "bob"):
            self._store.add_member(tenant, dialog, user)
        bob = ReferenceClient(
            Account(f"127.0.0.1:{self._ports[0]}", tenant, KEY, "bob"), StreamRecord(), Path()
        )

        async def write(*texts: str) -> None:
            for text in texts:
                await bob.call("SendMessage", {"dialogId": dialog, "content": text})

        async with Proxy(self._ports[0]).running() as proxy:
            program = Program(
                name,
                words,
                folder / name,
                {
                    "CHAT3_ADDRESS": f"127.0.0.1:{proxy.port}",
                    "CHAT3_TENANT": tenant,
                    "CHAT3_API_KEY": KEY,
                    "CHAT3_USER": "alice",
                },
            )
            try:
                await program.start()
                await program.prints(f"dialog {dialog}, 0 unread")
                await program.prints(r"sent msg_\w+")
                await program.prints("refused ERROR_REASON_INVALID_FIELD dialog_id")
                await write("one", "two")
                await program.prints("message two")
                proxy.cut()
                await write("three")
                await program.prints("message three")
                await program.stop()
                self._printed_once(program, ["Hello", "one", "two", "three"])
                await write("four")
                await program.start()
                await program.prints("message four")
                proxy.abandon()
                await write("five")
                await program.prints("message five", within=_SILENCE)
                self._printed_once(program, ["four", "five"], again="three")
                # The other service has another updates log: what the token names is not there.
                proxy.target = self._ports[1]
                proxy.cut()
                await program.prints(rf"dialog {dialog}, \d+ unread")
                assert not any(line.startswith("sent") for line in program.lines), name
            finally:
                await program.stop()
                await bob.stop()

    @staticmethod
    def _printed_once(program: Program, texts: Sequence[str], again: str = "") -> None:
        """Hold that each message stands once; the last one before a crash may come again."""
        found = Counter(
            line.removeprefix("message ") for line in program.lines if line.startswith("message ")
        )
        found.pop(again, None)
        assert found == Counter(texts), f"{program.name}: {found}"


async def play(languages: Sequence[str], folder: Path) -> list[str]:
    """Run all programs at the same time; return what is wrong with them."""
    async with AsyncExitStack() as stack:
        store = stack.enter_context(Store(":memory:"))
        store.add_key(KEY, ("read", "write", "delete"))
        publisher = Late()
        url = await stack.enter_async_context(
            serve(store=store, publisher=publisher, settings=Settings(counter_delay=0.01))
        )
        ports = []
        for _ in range(2):
            gateway = await stack.enter_async_context(
                running(composed(tenant_api_url=url, grpc_port=0, ops_port=0))
            )
            assert isinstance(gateway.broker, MemoryBroker)
            publisher.broker = publisher.broker or gateway.broker
            ports.append(gateway.grpc_port)
        stage = Stage(store, ports)
        programs = [
            (f"{language}_{when}", command(language, when))
            for language in languages
            for when in ("before", "after")
        ]
        played = await asyncio.gather(
            *(stage.play(name, words, folder) for name, words in programs),
            return_exceptions=True,
        )
        return [
            f"{name}: {failure!r}"
            for (name, _), failure in zip(programs, played, strict=True)
            if failure is not None
        ]


def main() -> int:
    """Run them; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="+", choices=LANGUAGES)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wrong = asyncio.run(play(arguments.languages, Path(folder)))
    for line in wrong:
        print(line)
    print(f"programs of {', '.join(arguments.languages)}: {'WRONG' if wrong else 'as they should'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
