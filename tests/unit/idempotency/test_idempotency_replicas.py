"""Keys that replicas of Redis must have before anything is written with them."""

import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from idempotency_patience import answered

from chat3_user.idempotency import StoreUnavailableError, Times
from chat3_user.idempotency.redis import RedisStore
from chat3_user.idempotency.store import Attempt, Finished, Held
from chat3_user.shared_redis import RedisSettings
from support.patience import HANGS
from support.redis import RedisServer


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[RedisServer, RedisServer]]:
    """A primary that is older than keys are kept, and what may become its replica."""
    primary, replica = RedisServer(tmp_path / "primary"), RedisServer(tmp_path / "replica")
    for server in (primary, replica):
        server.start()
    primary.cli("set", "chat3:idempotency", "0")
    yield primary, replica
    for server in (primary, replica):
        server.stop()


@asynccontextmanager
async def replicated(server: RedisServer, patience: float) -> AsyncIterator[RedisStore]:
    """Make a store that waits for one replica, for half of its patience."""
    settings = RedisSettings(url=server.url, timeout=patience, replicas=1)
    made = RedisStore(settings, Times(retention=3600.0))
    yield made
    await made.close()


def attempt(scope: bytes) -> Attempt:
    return Attempt(scope, b"r" * 16, secrets.token_bytes(8))


async def test_a_key_that_no_replica_has_is_refused_and_free(
    servers: tuple[RedisServer, RedisServer],
) -> None:
    primary, _ = servers
    async with replicated(primary, 0.5) as store:
        with pytest.raises(StoreUnavailableError):
            await store.claim(attempt(b"s" * 16))
    assert primary.cli("keys", "chat3:idempotency:*").strip() == ""


async def test_a_claimed_key_is_on_the_replica_and_an_answer_is_heard_from_one_alone(
    servers: tuple[RedisServer, RedisServer],
) -> None:
    primary, replica = servers
    replica.cli("replicaof", "127.0.0.1", str(primary.port))
    while "state=online" not in primary.cli("info", "replication"):
        pass
    mine = attempt(b"s" * 16)
    async with replicated(primary, HANGS) as store:
        assert await store.claim(mine) == Held()
        assert replica.cli("keys", "chat3:idempotency:*").split()
        await store.finish(mine, b"answer")
    replica.kill()
    async with replicated(primary, 0.5) as store:
        assert await answered(store, attempt(b"s" * 16)) == Finished(b"answer")
