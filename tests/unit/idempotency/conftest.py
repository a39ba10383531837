"""Both stores, by the fixtures `store` and `times`: one suite for both."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import Redis

from chat3_user.idempotency import Store, Times
from chat3_user.idempotency.redis import RedisStore
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.shared_redis import RedisSettings
from support.patience import HANGS
from support.redis import RedisServer


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def times() -> Times:
    return Times(lease=HANGS, settle=HANGS, retention=3600.0)


def age_redis(server: RedisServer) -> None:
    """Empty Redis and make it look as if it had been running for longer than keys are kept."""
    with Redis.from_url(server.url) as redis:
        redis.flushall()
        redis.set("chat3:idempotency", 0)


def age_sqlite(path: Path) -> None:
    """Make the file look older than keys are kept."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE boots SET began = 0")


@pytest.fixture
def passing(
    store_kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[float], None]:
    """Makes what `store` has older by so many seconds, as if they had passed."""

    def sqlite_passes(seconds: float) -> None:
        with closing(sqlite3.connect(tmp_path / "keys.db")) as connection, connection:
            connection.execute(
                "UPDATE keys SET lease = lease - :past, doubt = doubt - :past,"
                " began = began - :past, keep = keep - :past",
                {"past": seconds},
            )

    def redis_passes(seconds: float) -> None:
        server: RedisServer = request.getfixturevalue("redis_server")
        with Redis.from_url(server.url) as redis:
            for key in redis.keys("chat3:idempotency:*"):
                for name in {b"lease", b"doubt", b"began"}.intersection(redis.hkeys(key)):
                    redis.hincrby(key, name, -round(seconds * 1000))

    return sqlite_passes if store_kind == "sqlite" else redis_passes


@pytest.fixture(params=["sqlite", "redis"])
def store_kind(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
async def store(
    store_kind: str, times: Times, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Store]:
    """A store older than keys are kept, so that what it does not know never was."""
    found: Store
    if store_kind == "sqlite":
        path = tmp_path / "keys.db"
        young = SqliteStore(str(path), times)
        await young.open()
        await young.close()
        age_sqlite(path)
        found = SqliteStore(str(path), times)
    else:
        server: RedisServer = request.getfixturevalue("redis_server")
        age_redis(server)
        found = RedisStore(RedisSettings(server.url, timeout=HANGS), times)
    await found.open()
    yield found
    await found.close()
