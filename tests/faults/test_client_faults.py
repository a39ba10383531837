"""Clients that are slow, vanish, stay too long or lose their right: each alone pays for it."""

import asyncio
import base64
import hashlib
import signal
import time

import pytest

from support.faults.history import Address, Ended
from support.faults.scene import ALICE
from support.faults.stage import Stage
from support.gateway import KEY, OTHER_TENANT, READ_KEY, TENANT
from support.scrape import scraped
from support.web_client import FORMS, Form

BOB = Address(TENANT, "bob")


every_protocol = pytest.mark.parametrize(
    "form", [None, FORMS[0], FORMS[-1]], ids=lambda form: str(form or "grpc")
)


async def stream_count(ops_port: int) -> int:
    return int((await scraped(ops_port)).value("chat3_streams_open"))


@pytest.mark.parametrize("offered", [0.0, 1.0], ids=["last token read", "token of the error"])
async def test_a_slow_client_is_ended_and_resumes_complete(stage: Stage, offered: float) -> None:
    worker, _ = await stage.worker(STREAM_BUFFER_COUNT="50")
    alice = await stage.scene.listener(worker.grpc_port, offered=offered)
    alice.client.reading.clear()
    await stage.scene.burst(600)
    alice.client.reading.set()
    ended = await alice.sees(lambda event: isinstance(event, Ended))
    assert isinstance(ended, Ended)
    assert (ended.status, ended.reason) == ("RESOURCE_EXHAUSTED", "SLOW_CONSUMER")
    assert ended.token
    await stage.scene.nothing_was_lost()


async def test_typing_is_dropped_first(stage: Stage) -> None:
    """A slow client loses typing indicators before anything else, and stays connected."""
    worker, _ = await stage.worker(STREAM_BUFFER_COUNT="100")
    alice = await stage.scene.listener(worker.grpc_port)
    alice.client.reading.clear()
    # First what fills the windows between service and client, then more typing than fits.
    await stage.scene.publish(3, padding=0)
    await stage.scene.burst(700, typing=True)
    lasting = await stage.scene.publish(30)
    await stage.scene.burst(200, typing=True)
    alice.client.reading.set()
    await alice.has(*lasting)
    await stage.scene.nothing_was_lost()
    assert not alice.ends
    typed = len(alice.got) - 34
    assert typed < 900, "typing indicators were dropped"


async def test_a_slow_client_does_not_slow_others(stage: Stage) -> None:
    """All comes to the others while the slow client reads nothing, until and after it is ended."""
    worker, _ = await stage.worker(STREAM_BUFFER_COUNT="50")
    slow = await stage.scene.listener(worker.grpc_port)
    quick = await stage.scene.listener(worker.grpc_port)
    bob = await stage.scene.listener(worker.grpc_port, BOB)
    slow.client.reading.clear()
    for _ in range(15):
        # Far fewer than fit into a buffer: on a busy machine, a client that reads is late, too.
        mine = await stage.scene.publish(20)
        his = await stage.scene.publish(1, BOB)
        await quick.has(*mine)
        await bob.has(*his)
    assert len(slow.got) <= 1  # what it was reading when it stopped
    slow.client.reading.set()
    await stage.scene.nothing_was_lost()
    assert slow.ends[0].reason == "SLOW_CONSUMER"
    assert not quick.ends
    assert not bob.ends


async def test_memory_is_bounded_with_clients_that_never_read(stage: Stage) -> None:
    worker, _ = await stage.worker(STREAM_BUFFER_BYTES="1000000")
    listeners = [await stage.scene.listener(worker.grpc_port) for _ in range(10)]
    reader = await stage.scene.listener(worker.grpc_port)
    await reader.has(*await stage.scene.publish(10, padding=90_000))
    before = worker.memory()
    for listener in listeners:
        listener.client.reading.clear()
    for _ in range(80):
        # What one reads, the worker has given to all others, too.
        await reader.has(*await stage.scene.publish(5, padding=90_000))
    grown = worker.memory() - before
    assert grown < 40_000_000, f"{grown:,} bytes for 36 MB of updates to 10 streams"
    assert not reader.ends


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_client_that_vanished_is_found(stage: Stage) -> None:
    """Neither FIN nor RST: only HTTP/2 pings tell."""
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    alice.proxy.abandon()
    alice.client.vanish()
    await alice.leave()
    assert await stream_count(worker.ops_port) == 1
    while await stream_count(worker.ops_port):
        await asyncio.sleep(1)


@every_protocol
async def test_a_stream_ends_at_its_maximum_age_and_goes_on(
    stage: Stage, form: Form | None
) -> None:
    worker, _ = await stage.worker(STREAM_MAX_AGE="2")
    begun = time.time()
    alice = await stage.scene.listener(worker.grpc_port, offered=1.0, form=form)
    publishing = asyncio.create_task(stage.scene.publish(200))
    ended = await alice.sees(lambda event: isinstance(event, Ended))
    assert isinstance(ended, Ended)
    assert (ended.status, ended.reason) == ("UNAVAILABLE", "STREAM_MAX_AGE")
    assert ended.token
    # A fifth less at most, so that not all streams of a worker end at once.
    assert ended.at - begun >= 2 * 0.8
    await publishing
    verdict = await stage.scene.verdict()
    assert verdict.kept, list(verdict.findings())
    assert not verdict.gaps


def _sealed(raw: bytes) -> str:
    check = hashlib.blake2b(raw, digest_size=4).digest()
    return base64.urlsafe_b64encode(raw + check).rstrip(b"=").decode()


async def test_a_broken_token_is_refused(stage: Stage) -> None:
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    await alice.leave()
    token = alice.client.token
    flipped = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[:-4]
    of_tomorrow = raw[:19] + (2**62).to_bytes(8, "big") + raw[27:]
    newer = bytes((raw[0] + 1,)) + raw[1:]
    for broken in (flipped, token[:-3], "x", "ä", _sealed(of_tomorrow), _sealed(newer)):
        alice.client.token = broken
        ended = await alice.client.stream()
        assert ended is not None
        assert (ended.status, ended.reason) == ("INVALID_ARGUMENT", "RESUME_TOKEN_INVALID"), broken
    assert _sealed(raw) == token, "the forgeries above are sealed as tokens are"


async def test_a_foreign_token_is_refused(stage: Stage) -> None:
    worker, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port)
    for stranger in (BOB, Address(OTHER_TENANT, ALICE.user)):
        thief = await stage.scene.listener(worker.grpc_port, stranger, come=False)
        thief.client.token = alice.client.token
        ended = await thief.client.stream()
        assert ended is not None
        assert (ended.status, ended.reason) == ("PERMISSION_DENIED", "RESUME_TOKEN_FOREIGN")


@every_protocol
async def test_a_revoked_key_ends_the_stream_in_time(stage: Stage, form: Form | None) -> None:
    # Without it the stream would go on for 300 seconds, longer than the test may take.
    worker, _ = await stage.worker(STREAM_RECHECK_INTERVAL="1")
    alice = await stage.scene.listener(worker.grpc_port, key=READ_KEY, form=form)
    other = await stage.scene.listener(worker.grpc_port, key=KEY, form=form)
    stage.upstream.store.add_key(READ_KEY, ("read",), active=False)
    ended = await alice.sees(lambda event: isinstance(event, Ended))
    assert isinstance(ended, Ended)
    assert (ended.status, ended.reason) == ("UNAUTHENTICATED", "API_KEY_INVALID")
    assert not other.ends


async def test_a_removed_user_ends_the_stream_in_time(stage: Stage) -> None:
    # Without it the stream would go on for 300 seconds, longer than the test may take.
    worker, _ = await stage.worker(STREAM_RECHECK_INTERVAL="1")
    alice = await stage.scene.listener(worker.grpc_port)
    bob = await stage.scene.listener(worker.grpc_port, BOB)
    stage.upstream.store.users.remove(ALICE.tenant, ALICE.user)
    ended = await alice.sees(lambda event: isinstance(event, Ended))
    assert isinstance(ended, Ended)
    assert (ended.status, ended.reason) == ("NOT_FOUND", "USER_NOT_FOUND")
    assert not bob.ends


@every_protocol
async def test_a_worker_that_is_stopped_ends_streams_with_a_hint(
    stage: Stage, form: Form | None
) -> None:
    # Longer than the test may take: whoever waits for the end of streams would fail.
    worker, _ = await stage.worker(SHUTDOWN_GRACE="300")
    second, _ = await stage.worker()
    alice = await stage.scene.listener(worker.grpc_port, offered=1.0, form=form)
    publishing = asyncio.create_task(stage.scene.publish(200))
    await alice.has(*await stage.scene.publish(1, ALICE))
    alice.proxy.target = second.grpc_port
    assert await worker.stop(signal.SIGTERM) == 0
    ended = await alice.sees(lambda event: isinstance(event, Ended))
    assert isinstance(ended, Ended)
    assert (ended.status, ended.reason) == ("UNAVAILABLE", "SHUTTING_DOWN")
    assert ended.token
    await publishing
    await stage.scene.nothing_was_lost()
