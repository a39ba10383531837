"""Attacks over HTTP/1.1, each with an honest client beside it."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from hostile_vocabulary import Attacker, measured, worker
from http1_vocabulary import request
from test_hostile_rows import WATCH, undisturbed

pytestmark = pytest.mark.timeout(180)


async def several(port: int, count: int, stack: AsyncExitStack) -> list[Attacker]:
    found = []
    for _ in range(count):
        attacker = await Attacker.open(port, greeting=b"")
        stack.push_async_callback(attacker.close)
        found.append(attacker)
    return found


async def test_half_sent_bodies() -> None:
    async with worker() as target, AsyncExitStack() as stack:

        async def attack() -> None:
            for attacker in await several(target.port, 1800, stack):
                attacker.send(request(bytes(256_000), content_length="500000"))
            await asyncio.sleep(4)

        found = await measured("HTTP/1.1: 1,800 half-sent bodies of 256 kB", target, attack)
    # Connections take 15 kB each.
    assert set(found.refused) == {"unfinished_budget"}
    assert found.refused["unfinished_budget"] > 1000
    assert found.grown < 250


async def test_requests_behind_streams_without_a_key() -> None:
    watching = request(
        b"\0\0\0\0\2{}", path=WATCH, content_type="application/connect+json", x_api_key=""
    )
    behind = request(path="/nothing") * 2000
    async with worker() as target, AsyncExitStack() as stack:

        async def attack() -> None:
            for attacker in await several(target.port, 500, stack):
                attacker.send(watching + behind)
                await asyncio.sleep(0)
            await asyncio.sleep(3)

        found = await measured("HTTP/1.1: 500 streams, 400 kB behind each", target, attack)
    assert found.refused["unfinished_budget"] > 100
    assert found.grown < 150


async def test_heads_without_an_end() -> None:
    async with worker(CONNECTION_HANDSHAKE_TIMEOUT="2") as target, AsyncExitStack() as stack:

        async def attack() -> None:
            attackers = await several(target.port, 300, stack)
            for attacker in attackers:
                attacker.send(b"POST / HTTP/1.1\r\nhost: x\r\n")
            for _ in range(30):
                for attacker in attackers:
                    attacker.send(b"x-more: y\r\n")
                await asyncio.sleep(0.1)
            assert all(attacker.ended for attacker in attackers)

        found = await measured("HTTP/1.1: 300 heads without an end", target, attack)
    assert found.refused["unfinished_headers"] == 300
    assert undisturbed(found)


async def test_malformed_requests() -> None:
    async with worker() as target, AsyncExitStack() as stack:

        async def attack() -> None:
            for _ in range(40):
                for attacker in await several(target.port, 50, stack):
                    attacker.send(b"GET / HTTP/9.9\r\n\r\n")
                await asyncio.sleep(0.05)

        found = await measured("HTTP/1.1: 2,000 malformed requests", target, attack)
    assert found.refused["broken_rule"] == 2000
    assert undisturbed(found)
