"""A live store equals fresh snapshots of the service, while users write and connections are cut."""

import json
import shutil
from pathlib import Path

import pytest
from typescript_consumer import Consumer

from support.demo_process import Demo

DEEDS = 160
PROGRAM = "live_store.mts"
COMPILED = (
    "--module nodenext --target es2023 --strict --types node --lib es2023,dom,dom.asynciterable"
)


@pytest.fixture(scope="module")
def compiled(consumer: Consumer, project: Path) -> Consumer:
    folder = consumer.folder / "live"
    folder.mkdir()
    shutil.copy(project / "tests/client_typescript" / PROGRAM, folder)
    inside = Consumer(folder)
    inside.run("npx", "tsc", *COMPILED.split(), PROGRAM)
    return inside


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_live_store_equals_a_fresh_snapshot(compiled: Consumer, demo: Demo, seed: int) -> None:
    settings = {
        "CHAT3_ADDRESS": f"127.0.0.1:{demo.service}",
        "SEED": str(seed),
        "DEEDS": str(DEEDS),
    }
    done = json.loads(compiled.run("node", "live_store.mjs", **settings))
    assert done["updates"] > DEEDS
    assert done["cuts"] > 0
    assert done["messages"] > 0
