"""Idempotency keys through a failover of Redis: kept where a replica had them, else unknown."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from chat3_user.idempotency import StoreUnavailableError, Times
from chat3_user.idempotency.redis import RedisStore
from chat3_user.idempotency.store import Attempt, Busy, Claim, Held
from chat3_user.shared_redis import RedisSettings
from support.patience import HANGS
from support.redis import RedisServer
from support.redis_sentinel import RedisBehindSentinels


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisBehindSentinels]:
    made = RedisBehindSentinels(tmp_path)
    made.start()
    yield made
    made.stop()


async def whole(redis: RedisBehindSentinels) -> RedisServer:
    """Wait until the primary has two replicas, and return it."""
    async with asyncio.timeout(HANGS):
        while (primary := redis.primary()) is None or redis.replicas_in_step() < 2:
            await asyncio.sleep(0.1)
    return primary


@asynccontextmanager
async def store(redis: RedisBehindSentinels, replicas: int) -> AsyncIterator[RedisStore]:
    made = RedisStore(RedisSettings(url=redis.url, replicas=replicas), Times(lease=10 * HANGS))
    yield made
    await made.close()


def attempt() -> Attempt:
    return Attempt(b"s" * 16, b"r" * 16, secrets.token_bytes(8))


async def claimed(found: RedisStore) -> Claim:
    """Claim the key for another attempt, as often as it takes to find the new primary."""
    async with asyncio.timeout(HANGS):
        while True:
            try:
                return await found.claim(attempt())
            except StoreUnavailableError:
                await asyncio.sleep(0.1)


def cut_off(redis: RedisBehindSentinels, primary: RedisServer) -> list[RedisServer]:
    """Have the replicas hang without a connection to the primary; return them."""
    others = [server for server in redis.servers if server is not primary]
    for server in others:
        server.pause()
    primary.cli("client", "kill", "type", "replica")
    return others


async def copied(redis: RedisBehindSentinels) -> None:
    """Wait until every server has the key."""
    async with asyncio.timeout(HANGS):
        for server in redis.servers:
            while not server.cli("keys", "chat3:idempotency:*").split():
                await asyncio.sleep(0.05)


@pytest.mark.parametrize("replicas", [0, 1])
async def test_a_key_that_replicas_have_is_kept(redis: RedisBehindSentinels, replicas: int) -> None:
    primary = await whole(redis)
    async with store(redis, replicas) as found:
        assert isinstance(await found.claim(attempt()), Held)
        if not replicas:
            await copied(redis)
        primary.kill()
        assert await claimed(found) == Busy()


async def test_a_key_that_no_replica_has_is_lost(redis: RedisBehindSentinels) -> None:
    """What REDIS_REPLICAS is for, and what docs/clusters.md says of Redis without it."""
    primary = await whole(redis)
    async with store(redis, 0) as found:
        others = cut_off(redis, primary)
        assert isinstance(await found.claim(attempt()), Held)
        primary.kill()
        for server in others:
            server.go_on()
        assert isinstance(await claimed(found), Held)


async def test_a_key_that_no_replica_has_is_refused_where_one_must_have_it(
    redis: RedisBehindSentinels,
) -> None:
    primary = await whole(redis)
    async with store(redis, 1) as found:
        others = cut_off(redis, primary)
        with pytest.raises(StoreUnavailableError):
            await found.claim(attempt())
        for server in others:
            server.go_on()
        assert await claimed(found) == Held()
