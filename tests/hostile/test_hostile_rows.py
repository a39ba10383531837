"""Attacks that were tried by hand on the service, each with an honest client beside it."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from edge_vocabulary import SUBSCRIBE
from hostile_vocabulary import PREFACE, Attacker, Measured, measured, request, worker
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, SettingsFrame
from strict_client import StrictClient

pytestmark = pytest.mark.timeout(600)

WATCH = "/grpc.health.v1.Health/Watch"


def undisturbed(found: Measured) -> bool:
    """Return whether the honest client's p99 stayed below 100 ms, or near what it was before."""
    return found.p99[1] < max(100.0, 5 * found.p99[0])


async def several(port: int, count: int, stack: AsyncExitStack) -> list[Attacker]:
    found = [await Attacker.open(port) for _ in range(count)]
    for attacker in found:
        stack.push_async_callback(attacker.close)
    return found


@pytest.mark.parametrize("at_once", [80, 90, 100])
async def test_honest_clients_at_full_concurrency(at_once: int) -> None:
    async with worker() as target:
        clients = [StrictClient(1500, at_once) for _ in range(2)]
        outcomes = await asyncio.gather(
            *(asyncio.to_thread(asyncio.run, client.run(target.port)) for client in clients)
        )
        refused = await target.refused()
    print(f"\nhostile: two strict clients, {at_once} at once: {outcomes}, refused {refused}")
    assert [dict(outcome) for outcome in outcomes] == [{"0": 1500}] * 2
    assert not refused


async def test_calls_without_a_body_and_without_an_end() -> None:
    async with worker() as target, AsyncExitStack() as stack:

        async def attack() -> None:
            for attacker in await several(target.port, 10, stack):
                for stream in range(1, 200, 2):
                    attacker.send(
                        request(
                            stream,
                            attacker.encoder,
                            x_api_key="invented",
                            grpc_timeout="99999999H",
                        )
                    )
            await asyncio.sleep(3)

        found = await measured("1,000 calls without a body", target, attack)
    assert undisturbed(found)
    assert found.grown < 30


async def test_half_sent_bodies() -> None:
    """Six connections made the worker grow by 214 MB."""
    piece = DataFrame(1, bytes(16_000)).serialize()[9:]
    async with worker(CONNECTION_CONTROL_FRAMES="100000") as target, AsyncExitStack() as stack:

        async def attack() -> None:
            attackers = await several(target.port, 6, stack)
            for stream in range(1, 200, 2):
                for attacker in attackers:
                    attacker.send(
                        request(stream, attacker.encoder, path=SUBSCRIBE, x_api_key="invented")
                        + b"\0\0\x05\0\0"
                        + stream.to_bytes(4)
                        + b"\0"
                        + (500_000).to_bytes(4)
                    )
                    for _ in range(16):
                        frame = len(piece).to_bytes(3) + b"\0\0" + stream.to_bytes(4) + piece
                        attacker.send(frame)
                    await attacker.drain()
                    # The honest client lives in the same loop.
                    await asyncio.sleep(0)
            await asyncio.sleep(2)

        found = await measured("600 half-sent bodies of 256 kB", target, attack)
    assert found.refused["unfinished_budget"] > 100
    assert found.grown < 70


async def test_health_streams_without_a_key() -> None:
    async with worker() as target, AsyncExitStack() as stack:

        async def attack() -> None:
            for attacker in await several(target.port, 20, stack):
                for stream in range(1, 200, 2):
                    attacker.send(
                        request(stream, attacker.encoder, path=WATCH)
                        + b"\0\0\x05\0\1"
                        + stream.to_bytes(4)
                        + bytes(5)
                    )
            await asyncio.sleep(3)

        found = await measured("2,000 Health.Watch streams", target, attack)
    assert found.refused["overloaded"] == 1200
    assert found.grown < 40


@pytest.mark.parametrize(("fields", "rate"), [(1900, 400), (480, 400), (100, 400)])
async def test_many_fields_in_small_blocks(fields: int, rate: int) -> None:
    """Four connections with 120 requests a second took an honest p99 from 11 ms to 1 s."""
    async with worker() as target:

        async def one() -> None:
            attacker, stream, block = None, 1, b""
            for _ in range(5 * rate):
                if attacker is None or attacker.ended:
                    if attacker is not None:
                        await attacker.close()
                    attacker, stream = await Attacker.open(target.port), 1
                    # The first request puts fields into the table; each later one is one byte.
                    first = attacker.encoder.encode(
                        [
                            (":method", "POST"),
                            (":authority", "x"),
                            ("content-type", "application/grpc"),
                            ("te", "trailers"),
                            ("a", "b"),
                        ]
                    )
                    head = HeadersFrame(stream, first, flags=["END_HEADERS", "END_STREAM"])
                    attacker.send(head.serialize())
                    stream += 2
                    block = b"\x83\x86\x84\xc1\xc0\xbf" + b"\xbe" * fields
                head = HeadersFrame(stream, block, flags=["END_HEADERS", "END_STREAM"])
                attacker.send(head.serialize())
                stream += 2
                await asyncio.sleep(1 / rate)
            assert attacker is not None
            await attacker.close()

        async def attack() -> None:
            await asyncio.gather(*(one() for _ in range(4)))

        found = await measured(
            f"four connections, {rate} requests a second of {fields} fields", target, attack
        )
    assert undisturbed(found)


async def test_requests_that_are_no_grpc() -> None:
    async with worker() as target, AsyncExitStack() as stack:

        async def attack() -> None:
            attackers = await several(target.port, 4, stack)
            for stream in range(1, 4000, 2):
                for attacker in attackers:
                    attacker.send(
                        request(stream, attacker.encoder, end=True, content_type="text/html")
                    )
                await asyncio.sleep(0.002)

        found = await measured("8,000 requests answered 415", target, attack)
    # Answers that nobody makes room for keep their streams, up to the limit.
    assert found.refused["http_415"] + found.refused.get("stream_limit", 0) == 8000
    assert undisturbed(found)


async def test_subscribers_that_open_no_window() -> None:
    """They were never ended."""
    async with worker(STALL_TIMEOUT="2", STREAMS_PER_USER="200") as target, AsyncExitStack() as s:
        attackers: list[Attacker] = []

        async def attack() -> None:
            for _ in range(100):
                greeting = PREFACE + SettingsFrame(0, settings={4: 0}).serialize()
                attacker = await Attacker.open(target.port, greeting=greeting)
                s.push_async_callback(attacker.close)
                attacker.send(
                    request(1, attacker.encoder, path=SUBSCRIBE)
                    + b"\0\0\x05\0\1\0\0\0\1"
                    + bytes(5)
                )
                attackers.append(attacker)
            await asyncio.sleep(4)

        found = await measured("100 subscribers without a window", target, attack)
        # Their status has come: a few hundred bytes beside the greeting.
        assert all(attacker.read > 250 for attacker in attackers)
    assert undisturbed(found)


async def test_headers_without_an_end() -> None:
    async with worker(CONNECTION_HANDSHAKE_TIMEOUT="2") as target, AsyncExitStack() as stack:

        async def attack() -> None:
            attackers = await several(target.port, 300, stack)
            for attacker in attackers:
                attacker.send(HeadersFrame(1, b"\x82").serialize())
            await asyncio.sleep(4)
            assert all(attacker.ended for attacker in attackers)

        found = await measured("300 blocks of headers without an end", target, attack)
    assert found.refused["unfinished_headers"] == 300
    assert undisturbed(found)


async def test_bogus_keys() -> None:
    async with worker() as target, AsyncExitStack() as stack:

        async def attack() -> None:
            attackers = await several(target.port, 4, stack)
            for stream in range(1, 2000, 2):
                for number, attacker in enumerate(attackers):
                    attacker.send(
                        request(stream, attacker.encoder, x_api_key=f"bogus-{number}-{stream}")
                        + b"\0\0\x05\0\1"
                        + stream.to_bytes(4)
                        + bytes(5)
                    )
                await asyncio.sleep(0.004)

        # Demo and attackers share the machine, so that this is overload, too: all are answered.
        found = await measured("4,000 calls with bogus keys", target, attack)
    assert found.grown < 40


async def test_floods_of_small_frames() -> None:
    async with worker() as target:

        async def one() -> None:
            for _ in range(20):
                attacker = await Attacker.open(target.port)
                attacker.send(PingFrame(0, opaque_data=b"12345678").serialize() * 5000)
                await attacker.drain()
                await asyncio.sleep(0.1)
                assert attacker.ended
                await attacker.close()

        async def attack() -> None:
            await asyncio.gather(*(one() for _ in range(4)))

        found = await measured("floods of PING", target, attack)
    assert found.refused["broken_rule"] == 80
    assert undisturbed(found)
