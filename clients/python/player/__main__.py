"""Plays a scenario with the Python client: `python -m player SCENARIO.json OUTCOME.json`.

`tests/scenario/README.md` says what a scenario and an outcome are.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

from player.playing import Player


async def main() -> None:
    """Play a scenario and write its outcome."""
    scenario, outcome = map(Path, sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        player = Player(json.loads(scenario.read_text()), Path(folder))
        outcome.write_text(json.dumps(await player.play(), ensure_ascii=False))


if __name__ == "__main__":
    asyncio.run(main())
