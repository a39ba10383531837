"""The player on the generated stubs alone: `reference_player.py SCENARIO.json OUTCOME.json`."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from scenario import model
from scenario.playing import MakeClient, Playing
from scenario.reference_client import Account, ReferenceClient


def clients(address: str, tenant: str, api_key: str, folder: Path) -> MakeClient:
    """Return what makes a user's client; resume tokens are files in ``folder``."""
    return lambda user, record: ReferenceClient(
        Account(address, tenant, api_key, user), record, folder / user
    )


def main() -> None:
    """Play a scenario."""
    scenario_file, outcome_file = (Path(argument) for argument in sys.argv[1:])
    scenario = msgspec.json.decode(scenario_file.read_bytes(), type=model.Scenario)
    account = [os.environ[f"CHAT3_{name}"] for name in ("ADDRESS", "TENANT", "API_KEY")]
    with tempfile.TemporaryDirectory() as folder:
        make = clients(account[0], account[1], account[2], Path(folder))
        outcome = asyncio.run(Playing("reference", scenario, make).play())
    outcome_file.write_bytes(msgspec.json.encode(outcome))


if __name__ == "__main__":
    main()
