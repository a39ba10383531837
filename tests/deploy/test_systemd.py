"""Two instances of the unit take turns, as docs/deploying.md has it: nothing fails or gets lost."""

import asyncio
import itertools
import re
import subprocess
from pathlib import Path

import aiohttp
from deploy_vocabulary import Reader, client, ended, running_task, send, started

from support.ports import free_port
from support.rabbitmq import RabbitMQ

PLATFORM = ("chat3_embedded", "--demo")


def settings(project: Path) -> dict[str, str]:
    """Return what systemd would give every instance."""
    folder = project / "deploy" / "systemd"
    unit = (folder / "chat3-user-service@.service").read_text()
    lines = (folder / "service.env").read_text().splitlines()
    pairs = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    pairs += [line for line in lines if line and not line.startswith("#")]
    return dict(pair.split("=", 1) for pair in pairs)


async def test_an_upgrade_fails_no_call_and_loses_no_update(
    project: Path, tmp_path: Path, rabbitmq: RabbitMQ
) -> None:
    grpc, platform = free_port(), free_port()
    common = settings(project) | {
        "TENANT_API_URL": f"http://127.0.0.1:{platform}",
        "RABBITMQ_URL": rabbitmq.url,
        "RABBITMQ_UPDATES_LOG": "log_systemd",
        "GRPC_HOST": "127.0.0.1",
        "GRPC_PORT": str(grpc),
        "STATE_DIRECTORY": str(tmp_path),
        "WORKERS": "2",
    }
    sent: list[str] = []

    async def load() -> None:
        """Send on a new connection each time: every one can meet the instance that goes."""
        for number in itertools.count():
            async with aiohttp.ClientSession() as session:
                await send(client(session, grpc), f"message {number}", key=f"key-{number}")
            sent.append(f"message {number}")

    async def at_least(count: int) -> None:
        async with asyncio.timeout(60):
            while len(sent) < count:
                await asyncio.sleep(0.02)

    def instance(name: str) -> tuple[list[str], Path, str, dict[str, str]]:
        ops = free_port()
        url = f"http://127.0.0.1:{ops}/readyz/machine"
        return ["chat3_user"], tmp_path / name, url, common | {"OPS_PORT": str(ops)}

    double = [*PLATFORM, f"--port={platform}", f"--rabbitmq-url={rabbitmq.url}"]
    health = f"http://127.0.0.1:{platform}/health"
    async with (
        started(double, tmp_path / "double", health),
        started(*instance("blue")) as blue,
        running_task((reader := Reader(grpc)).run()),
    ):
        await reader.live.wait()
        async with running_task(load()) as loading:
            await at_least(20)
            async with started(*instance("green")):
                before = len(sent)
                assert await ended(blue) == 0
                await at_least(max(before, len(sent)) + 20)
                assert not loading.done(), loading.exception()
                loading.cancel()
                await reader.has(sent)
    assert reader.streams >= 2
    assert reader.gaps == 0
    assert reader.texts[: len(sent)] == sent


def test_the_user_and_its_folders_can_be_made(project: Path, tmp_path: Path) -> None:
    folder = project / "deploy" / "systemd"
    for place in ("etc", "opt"):
        (tmp_path / place).mkdir()
    for command in (
        ("systemd-sysusers", f"--root={tmp_path}", str(folder / "sysusers.conf")),
        ("systemd-tmpfiles", "--create", f"--root={tmp_path}", str(folder / "tmpfiles.conf")),
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=30)
    assert "chat3:" in (tmp_path / "etc" / "passwd").read_text()
    assert (tmp_path / "etc" / "chat3").stat().st_mode & 0o777 == 0o750
