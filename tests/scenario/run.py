"""Lets every player play the scenario while faults happen, and compares what came of it.

    PYTHONPATH=tests python -m scenario.run --seed 17 python typescript go cli

The exit status is 1 when an outcome differs. Without faults (`--calm`) the outcomes must be exact.
"""

import argparse
import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import msgspec

from scenario import fresh, model
from scenario.comparing import Comparison, Verdict, lasting
from scenario.front import Front
from scenario.mishaps import FEWEST, Mishaps, seeded
from scenario.players import PLAYERS, Player
from support.faults.world import World, world
from support.gateway import KEY
from support.rabbitmq import RabbitMQ

_HERE: Final = Path(__file__).resolve().parent
SCENARIO: Final = _HERE / "scenario.json"
EXPECTED: Final = _HERE / "expected.json"
_CALM_STEPS: Final = 7
"""How many of the last steps are taken without faults."""

_LIMIT: Final = 900.0
"""Seconds after which a player hangs: a busy machine takes ten times as long as an idle one."""


@dataclass(frozen=True)
class Played:
    """What came of one player."""

    name: str
    outcome: model.Outcome | None
    verdict: Verdict
    seconds: float
    faults: int


class Theatre:
    """Where the players play, one after the other, each in a tenant of its own.

    ``folder`` is for their outcomes.
    """

    def __init__(
        self, players: Mapping[str, Player], folder: Path, wanted: model.Outcome, *, faults: bool
    ) -> None:
        self._players = players
        folder.mkdir(parents=True, exist_ok=True)
        self._scenario = msgspec.json.decode(SCENARIO.read_bytes(), type=model.Scenario)
        self._wanted = wanted
        self._comparison = Comparison(self._scenario)
        self._folder = folder
        self._faults = faults
        self._played = 0
        self._calm_from = f"step {len(self._scenario.steps) - _CALM_STEPS}"

    async def play(self, stage: World, name: str, seed: int) -> Played:
        """Let one player play, and compare."""
        self._played += 1
        tenant = f"tnt_{name}_{self._played}"
        stage.upstream.store.add_tenant(tenant)
        for user in self._scenario.users:
            stage.upstream.store.add_user(tenant, user)
        front = Front(stage.workers, random.Random(seed))
        mishaps = Mishaps(stage, front, seed)
        began = time.monotonic()
        async with front.running():
            address = f"127.0.0.1:{front.port}"
            outcome = await self._run(name, address, tenant, mishaps)
            seconds = time.monotonic() - began
            for line in mishaps.told:
                print(f"  {line}")
            await stage.heal()
            front.flow()
            if outcome is None:
                verdict = Verdict([f"{name} has written no outcome"])
            else:
                verdict = self._comparison.compare(self._wanted, outcome, faults=self._faults)
                if self._faults and mishaps.over < FEWEST:
                    verdict.differences.append(f"only {mishaps.over} faults: too fast a player")
                now = await fresh.pictures(self._scenario, outcome, address, tenant, KEY)
                self._comparison.compare_pictures(now, outcome, verdict)
        await stage.renew_lost_log()
        return Played(name, outcome, verdict, seconds, mishaps.over)

    async def _run(
        self, name: str, address: str, tenant: str, mishaps: Mishaps
    ) -> model.Outcome | None:
        player, written = self._players[name], self._folder / f"{name}.json"
        settings = {"CHAT3_ADDRESS": address, "CHAT3_TENANT": tenant, "CHAT3_API_KEY": KEY}
        with (self._folder / f"{name}.stderr").open("wb") as complaints:
            process = await asyncio.create_subprocess_exec(
                *player.command,
                str(SCENARIO),
                str(written),
                cwd=player.checkout / player.folder,
                env=player.environment(settings),
                stdout=asyncio.subprocess.PIPE,
                stderr=complaints,
            )
        happening: asyncio.Task[None] | None = None
        last = ""
        try:
            async with asyncio.timeout(_LIMIT):
                assert process.stdout is not None
                async for line in process.stdout:
                    last = line.decode(errors="replace").rstrip()
                    if happening is None and self._faults:
                        happening = asyncio.create_task(mishaps.happen())
                    if last == self._calm_from:
                        mishaps.enough()
                await process.wait()
                mishaps.enough()  # a player that fails ends before the calm steps
                if happening is not None:
                    await happening
        except TimeoutError:
            print(f"  {name} hangs at {last!r}")
            process.kill()
            await process.wait()
        finally:
            if happening is not None:
                happening.cancel()
                with suppress(asyncio.CancelledError):
                    await happening
        if process.returncode or not written.exists():
            told = (self._folder / f"{name}.stderr").read_text(errors="replace")
            print(f"  {name} ended with {process.returncode} at {last!r}:\n{told[-2000:]}")
            return None
        return msgspec.json.decode(written.read_bytes(), type=model.Outcome)


async def play(theatre: Theatre, names: Sequence[str], seed: int, folder: Path) -> list[Played]:
    """Let the players play one after the other; ``folder`` is for what the servers keep."""
    async with AsyncExitStack() as stack:
        rabbitmq = RabbitMQ(folder / "rabbitmq")
        stack.callback(rabbitmq.stop)
        await asyncio.to_thread(rabbitmq.start)
        settings = {"IDEMPOTENCY_DATABASE": str(folder / "keys.sqlite")}
        stage = await stack.enter_async_context(world(rabbitmq, seed, settings))
        played = []
        for name in names:
            print(f"{name} plays", flush=True)
            played.append(await theatre.play(stage, name, seeded(seed, name)))
        return played


def table(played: Sequence[Played]) -> str:
    """Return what came of all players."""
    head = ("player", "steps", "updates", "reconnects", "gaps", "duplicates", "lost", "faults")
    rows = [(*head, "seconds", "result")]
    for each in played:
        streams = list(each.outcome.streams.values()) if each.outcome is not None else []
        rows.append(
            (
                each.name,
                str(len(each.outcome.results) if each.outcome is not None else 0),
                str(sum(len(stream.updates) for stream in streams)),
                str(sum(stream.reconnects for stream in streams)),
                str(sum(len(stream.gaps) for stream in streams)),
                str(sum(stream.duplicates for stream in streams)),
                str(each.verdict.lost),
                str(each.faults),
                f"{each.seconds:.0f}",
                "DIFFERS" if each.verdict.differences else "same",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main() -> int:
    """Run it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("players", nargs="+", choices=sorted(PLAYERS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--calm", action="store_true", help="let no fault happen")
    parser.add_argument("--expect", action="store_true", help="write expected.json anew")
    parser.add_argument(
        "--checkout",
        action="append",
        default=[],
        metavar="PLAYER=FOLDER",
        help="use that player of another checkout of the project",
    )
    parser.add_argument("--keep", type=Path, help="a folder for the outcomes")
    arguments = parser.parse_args()
    players = dict(PLAYERS)
    for name, _, folder in (each.partition("=") for each in arguments.checkout):
        players[name] = replace(players[name], checkout=Path(folder))
    missing = [players[name].missing for name in arguments.players if players[name].missing]
    if missing:
        parser.error(f"not built: {', '.join(missing)}")
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    wanted = msgspec.json.decode(EXPECTED.read_bytes(), type=model.Outcome)
    with tempfile.TemporaryDirectory() as folder:
        kept = arguments.keep or Path(folder)
        theatre = Theatre(players, kept, wanted, faults=not arguments.calm)
        played = asyncio.run(play(theatre, arguments.players, arguments.seed, Path(folder)))
    print(table(played))
    if arguments.expect:
        return _expect(played[0])
    for each in played:
        for difference in each.verdict.differences:
            print(f"{each.name}: {difference}")
    return 1 if any(each.verdict.differences for each in played) else 0


def _expect(played: Played) -> int:
    """Write what is expected anew, unless steps failed that must not; return the exit status."""
    outcome = played.outcome
    if outcome is None or outcome.errors:
        return 1
    steps = msgspec.json.decode(SCENARIO.read_bytes())["steps"]
    failed = [result.get("failed") for result in outcome.results]
    if failed != [step.get("fails") for step in steps]:
        return 1
    expected = msgspec.json.encode(lasting(outcome))
    EXPECTED.write_bytes(msgspec.json.format(expected, indent=1) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
