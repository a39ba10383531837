"""`chat3 doctor` against the service itself: its other ports, its platform and its broker."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chat3_cli.__main__ import main
from support.faults.proxy import Proxy
from support.gateway import KEY, TENANT, Gateway, Upstream, run_gateway, run_upstream
from support.patience import HANGS
from support.rabbitmq import RabbitMQ

Examine = Callable[..., Awaitable[dict[str, str]]]
"""Runs the doctor; gives what is wrong, by check."""


@pytest.fixture
def examine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Examine:
    monkeypatch.setenv("CHAT3_CONFIG", str(tmp_path / "none"))
    monkeypatch.setenv("CHAT3_TENANT", TENANT)
    monkeypatch.setenv("CHAT3_API_KEY", KEY)
    monkeypatch.setenv("CHAT3_USER", "alice")

    async def examined(address: str, *options: str) -> dict[str, str]:
        await asyncio.to_thread(main, ["--json", "doctor", "--address", address, *options])
        found: list[dict[str, Any]] = [
            json.loads(line) for line in capsys.readouterr().out.splitlines()
        ]
        return {each["check"]: each["text"] for each in found if each["outcome"] == "wrong"}

    return examined


async def well(examine: Examine, gateway: Gateway) -> None:
    """Examine until nothing is wrong: a service that has just begun is not ready yet."""
    async with asyncio.timeout(HANGS):
        while await examine(gateway.address):
            pass


async def test_nothing_is_wrong_and_the_other_ports_are_recognised(
    gateway: Gateway, upstream: Upstream, rabbitmq: RabbitMQ, examine: Examine
) -> None:
    upstream.dialog("alice")
    await well(examine, gateway)
    unknown = await examine(gateway.address, "--user", "nobody")
    assert unknown.keys() == {"user"}
    assert unknown["user"].startswith("ERROR_REASON_USER_NOT_FOUND: ")
    for url, said in (
        (gateway.ops, "port for operators"),
        (upstream.url, "REST API of the platform"),
        (rabbitmq.url, "RabbitMQ's port"),
    ):
        wrong = await examine(url.rpartition("@")[2].removeprefix("http://").strip("/"))
        assert wrong.keys() == {"protocol"}
        assert said in wrong["protocol"]


async def test_a_platform_that_is_down(rabbitmq: RabbitMQ, examine: Examine) -> None:
    async with run_upstream(rabbitmq.url) as upstream:
        upstream.dialog("alice")
        starting = run_gateway(upstream.url, rabbitmq.url)
        gateway = await starting.__aenter__()
    try:
        # A worker that has not seen its platform yet is not ready, either.
        wrong = await examine(gateway.address)
        assert wrong.keys() - {"service"} == {"platform"}
    finally:
        await starting.__aexit__(None, None, None)


async def test_a_broker_that_is_lost(
    upstream: Upstream, rabbitmq: RabbitMQ, examine: Examine
) -> None:
    upstream.dialog("alice")
    async with Proxy(rabbitmq.port).running() as proxy:
        way = rabbitmq.url.replace(str(rabbitmq.port), str(proxy.port))
        async with run_gateway(upstream.url, way) as gateway:
            await well(examine, gateway)
            proxy.refusing = True
            proxy.cut()
            wrong: dict[str, str] = {}
            number = 0
            async with asyncio.timeout(HANGS):
                while "updates" not in wrong:
                    # The stream of a user who had one a moment ago opens without the broker.
                    number += 1
                    upstream.dialog(f"user{number}")
                    wrong = await examine(gateway.address, "--user", f"user{number}")
            assert "UPDATES_UNAVAILABLE" in wrong["updates"]
            proxy.flow()
