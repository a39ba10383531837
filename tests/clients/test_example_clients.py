"""The example clients do what they show; `make test-clients` builds them."""

import asyncio
import os
from pathlib import Path

import pytest

from support.gateway import KEY, TENANT, Gateway, Upstream

PAGES_OF_20 = 3
CLIENTS = {
    "go": ("clients/go", ["./chat3-client"]),
    "typescript": ("clients/typescript", ["node", "build/examples/main.js"]),
    "asyncio": ("clients/python/examples", ["python", "asyncio_client.py"]),
    "grpcio": ("clients/python/examples", ["python", "grpcio_client.py"]),
}


@pytest.mark.parametrize("name", CLIENTS)
async def test_a_client_lists_sends_explains_and_watches(
    gateway: Gateway, upstream: Upstream, project: Path, name: str
) -> None:
    dialogs = {upstream.dialog("alice", "bob") for _ in range(20 * PAGES_OF_20 - 1)}
    folder, command = CLIENTS[name]
    settings = {
        "CHAT3_ADDRESS": gateway.address,
        "CHAT3_TENANT": TENANT,
        "CHAT3_API_KEY": KEY,
        "CHAT3_USER": "alice",
        "CHAT3_COUNT": "1",
        "PYTHONPATH": "gen",
    }
    client = await asyncio.create_subprocess_exec(
        *command,
        cwd=project / folder,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(30):
        told, complaints = [text.decode() for text in await client.communicate()]
    assert client.returncode == 0, complaints
    lines = told.splitlines()
    assert lines[0].startswith("connected, ")
    assert lines[0].endswith("FRESH")
    listed = [line.split()[1] for line in lines if line.startswith("dialog ")]
    assert len(listed) == len(dialogs)
    assert set(listed) == dialogs
    assert any(line.startswith("sent msg_") for line in lines)
    assert "ERROR_REASON_INVALID_FIELD: " in complaints
    assert "  dialog_id: " in complaints
    # What was sent, seen on the stream: the one update it waits for.
    assert lines[-1].startswith("message alice: Hello from ")
