"""What both stores promise; each test runs over each."""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from idempotency_patience import answered
from redis import Redis

from chat3_user.idempotency import Store, StoreUnavailableError, Times
from chat3_user.idempotency.redis import RedisStore
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.idempotency.store import Attempt, Busy, Finished, Held, Reused
from chat3_user.shared_redis import RedisSettings
from support.patience import HANGS
from support.redis import RedisServer

REQUEST, OTHER_REQUEST = b"r" * 16, b"o" * 16

TICK = 0.02
"""Seconds by which two clocks may disagree over a few seconds."""


def attempt(scope: bytes = b"s" * 16, request: bytes = REQUEST) -> Attempt:
    return Attempt(scope, request, secrets.token_bytes(8))


async def test_a_free_key_is_taken_without_doubt(store: Store) -> None:
    assert await store.claim(attempt()) == Held()


async def test_a_taken_key_is_busy_for_others(store: Store) -> None:
    await store.claim(attempt())
    assert await store.claim(attempt()) == Busy()


async def test_of_many_claims_at_once_one_wins(store: Store) -> None:
    claims = await asyncio.gather(*(store.claim(attempt()) for _ in range(50)))
    assert claims.count(Held()) == 1
    assert claims.count(Busy()) == 49


async def test_a_claim_heard_twice_is_one_claim(store: Store) -> None:
    mine = attempt()
    assert await store.claim(mine) == await store.claim(mine) == Held()


async def test_keys_of_different_scopes_are_apart(store: Store) -> None:
    await store.claim(attempt(b"1" * 16))
    assert await store.claim(attempt(b"2" * 16)) == Held()


async def test_the_answer_is_kept_byte_by_byte(store: Store) -> None:
    mine, answer = attempt(), bytes(range(256)) * 100
    await store.claim(mine)
    assert await store.finish(mine, answer)
    assert await store.claim(attempt()) == Finished(answer)


async def test_an_empty_answer_is_an_answer(store: Store) -> None:
    mine = attempt()
    await store.claim(mine)
    await store.finish(mine, b"")
    assert await store.claim(attempt()) == Finished(b"")


@pytest.mark.parametrize("ending", ["running", "finished", "abandoned"])
async def test_a_key_stands_for_one_request(store: Store, ending: str) -> None:
    mine = attempt()
    await store.claim(mine)
    if ending == "finished":
        await store.finish(mine, b"answer")
    if ending == "abandoned":
        await store.abandon(mine, 0.0)
    assert await store.claim(attempt(request=OTHER_REQUEST)) == Reused()


async def test_a_released_key_is_free_for_any_request(store: Store) -> None:
    mine = attempt()
    await store.claim(mine)
    await store.release(mine)
    assert await store.claim(attempt(request=OTHER_REQUEST)) == Held()


async def test_an_abandoned_key_is_in_doubt_at_once(store: Store, times: Times) -> None:
    mine = attempt()
    began = time.monotonic()
    await store.claim(mine)
    await store.abandon(mine, sent_ago=0.1)
    held = await store.claim(attempt())
    took = time.monotonic() - began
    assert isinstance(held, Held)
    assert held.doubt is not None
    least = times.settle - 0.1 - took
    assert least - TICK <= held.doubt.settles_in <= times.settle - 0.1 + TICK
    assert held.doubt.age == held.doubt.oldest
    assert -TICK <= held.doubt.age <= took + TICK


async def test_a_dead_owners_key_is_in_doubt_after_its_lease(
    store: Store, times: Times, passing: Callable[[float], None]
) -> None:
    began = time.monotonic()
    await store.claim(attempt())
    passing(times.lease + 0.05)
    held = await store.claim(attempt())
    took = time.monotonic() - began
    assert isinstance(held, Held)
    assert held.doubt is not None
    most = times.settle - 0.05
    assert most - took - TICK <= held.doubt.settles_in <= most + TICK


async def test_doubt_outlives_an_attempt_that_found_nothing_out(store: Store) -> None:
    first, second = attempt(), attempt()
    await store.claim(first)
    await store.abandon(first, 0.0)
    await store.claim(second)
    await store.release(second)
    held = await store.claim(attempt())
    assert isinstance(held, Held)
    assert held.doubt is not None


async def test_a_forgotten_key_is_free_and_in_no_doubt(store: Store) -> None:
    first, second = attempt(), attempt()
    await store.claim(first)
    await store.abandon(first, 0.0)
    await store.claim(second)
    await store.forget(second)
    assert await store.claim(attempt(request=OTHER_REQUEST)) == Held()


async def test_a_renewed_lease_keeps_others_out(
    store: Store, times: Times, passing: Callable[[float], None]
) -> None:
    mine = attempt()
    await store.claim(mine)
    for _ in range(4):
        passing(times.lease * 0.4)
        assert await store.renew(mine)
        assert await store.claim(attempt()) == Busy()


async def test_who_lost_the_key_can_neither_renew_nor_end_it(
    store: Store, times: Times, passing: Callable[[float], None]
) -> None:
    slow, quick = attempt(), attempt()
    await store.claim(slow)
    passing(times.lease + 0.05)
    await store.claim(quick)
    assert not await store.renew(slow)
    assert not await store.finish(slow, b"late")
    await store.release(slow)
    await store.forget(slow)
    await store.abandon(slow, 0.0)
    assert await store.claim(attempt()) == Busy()
    assert await store.finish(quick, b"answer")
    await store.release(quick)
    await store.forget(quick)
    await store.abandon(quick, 0.0)
    assert await store.claim(attempt()) == Finished(b"answer")


async def test_a_lost_record_is_written_anew_by_its_owner(store: Store) -> None:
    lost = attempt()
    assert await store.renew(lost)
    assert await store.claim(attempt()) == Busy()
    assert await store.finish(lost, b"answer")
    assert await store.claim(attempt()) == Finished(b"answer")


async def test_an_answer_without_a_record_is_kept(store: Store) -> None:
    await store.finish(attempt(), b"answer")
    assert await store.claim(attempt()) == Finished(b"answer")


# What each store has of its own.


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_sqlite_forgets_after_the_retention_and_purges(tmp_path: Path) -> None:
    clock = Clock()
    path = str(tmp_path / "keys.db")
    store = SqliteStore(path, Times(retention=3600.0), clock=clock, purge_pause=1e6)
    await store.open()
    for index in range(1200):
        mine = attempt(index.to_bytes(16, "big"))
        await store.claim(mine)
        await store.finish(mine, b"answer")
    clock.now += 3599
    assert await store.purge() == 0
    assert await store.claim(attempt((0).to_bytes(16, "big"))) == Finished(b"answer")
    clock.now += 2
    assert await store.claim(attempt((0).to_bytes(16, "big"))) == Held()
    assert [await store.purge() for _ in range(4)] == [500, 500, 199, 0]
    await store.close()


async def test_sqlite_purges_while_it_serves(tmp_path: Path) -> None:
    clock = Clock()
    path = str(tmp_path / "keys.db")
    first = SqliteStore(path, Times(retention=3600.0), clock=clock)
    await first.open()
    await asyncio.gather(
        *(first.claim(attempt(index.to_bytes(16, "big"))) for index in range(5000))
    )
    await first.close()
    clock.now += 3601
    store = SqliteStore(path, Times(retention=3600.0), clock=clock)
    await store.open()
    # A claim waits for one batch at most: while the old keys go, new ones are taken in between.
    taken, expired = 0, [5000]
    with closing(sqlite3.connect(path)) as reader:
        while expired[-1]:
            assert await store.claim(attempt(b"new" + taken.to_bytes(13, "big"))) == Held()
            taken += 1
            ((rows,),) = reader.execute("SELECT count(*) FROM keys")
            expired.append(rows - taken)
    assert len(set(expired)) > 5
    assert taken > 5
    await store.close()


async def test_a_new_sqlite_file_doubts_what_it_does_not_know(tmp_path: Path) -> None:
    store = SqliteStore(str(tmp_path / "new" / "keys.db"), Times())
    await store.open()
    held = await store.claim(attempt())
    assert isinstance(held, Held)
    assert held.doubt is not None
    assert held.doubt.settles_in <= 0
    assert (held.doubt.oldest, held.doubt.age) == (86_400, None)
    await store.close()


async def test_another_boot_makes_a_sqlite_file_doubtful(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock()
    path = str(tmp_path / "keys.db")
    for boot, doubtful in [("1", True), ("1", False), ("2", True), ("2", True)]:
        monkeypatch.setattr("chat3_user.idempotency.sqlite._boot", lambda boot=boot: boot)
        store = SqliteStore(path, Times(), clock=clock)
        await store.open()
        held = await store.claim(attempt(secrets.token_bytes(16)))
        assert isinstance(held, Held)
        assert (held.doubt is not None) == doubtful
        await store.close()
        clock.now += 86_401 if boot == "1" else 1


async def test_a_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys.db"
    store = SqliteStore(str(path), Times())
    await store.open()
    await store.claim(attempt())
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    await store.close()


async def test_a_sqlite_file_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "keys.db").mkdir()
    with pytest.raises(StoreUnavailableError, match=r"keys\.db"):
        await SqliteStore(str(tmp_path / "keys.db"), Times()).open()


async def test_an_empty_redis_doubts_until_attempts_before_it_are_over(
    redis_server: RedisServer, times: Times
) -> None:
    with Redis.from_url(redis_server.url) as redis:
        redis.flushall()
    store = RedisStore(RedisSettings(redis_server.url, HANGS), times)
    held = await store.claim(attempt())
    assert isinstance(held, Held)
    assert held.doubt is not None
    assert held.doubt.settles_in == pytest.approx(times.lease + times.settle, abs=0.1)
    assert held.doubt.oldest == pytest.approx(times.retention, abs=0.1)
    assert held.doubt.age is None
    await store.close()


@pytest.mark.parametrize("kind", ["sqlite", "redis"])
async def test_an_attempt_after_a_loss_is_known_by_its_own_age(
    kind: str, redis_server: RedisServer, times: Times, tmp_path: Path
) -> None:
    with Redis.from_url(redis_server.url) as redis:
        redis.flushall()
    store: Store = (
        SqliteStore(str(tmp_path / "keys.db"), times)
        if kind == "sqlite"
        else RedisStore(RedisSettings(redis_server.url, HANGS), times)
    )
    await store.open()
    mine = attempt()
    began = time.monotonic()
    await store.claim(mine)
    await store.abandon(mine, 0.0)
    held = await store.claim(attempt())
    took = time.monotonic() - began
    assert isinstance(held, Held)
    assert held.doubt is not None
    assert held.doubt.oldest == pytest.approx(times.retention, abs=0.1)
    assert held.doubt.age is not None
    assert -TICK <= held.doubt.age <= took + TICK
    await store.close()


async def test_redis_keeps_keys_for_the_retention(redis_server: RedisServer, times: Times) -> None:
    store = RedisStore(RedisSettings(redis_server.url, HANGS), times)
    mine = attempt(secrets.token_bytes(16))
    with Redis.from_url(redis_server.url) as redis:
        name = "chat3:idempotency:" + mine.scope.hex()
        await store.claim(mine)
        assert 3000 < int(redis.ttl(name)) <= 3600
        redis.expire(name, 1000)
        await store.finish(mine, b"answer")
        assert 3000 < int(redis.ttl(name)) <= 3600
    await store.close()


async def test_a_redis_that_is_away_or_hangs_is_unavailable_and_comes_back(tmp_path: Path) -> None:
    server = RedisServer(tmp_path)
    server.start()
    store = RedisStore(RedisSettings(server.url, 0.2), Times(lease=HANGS))
    mine = attempt()

    await store.open()
    assert isinstance(await answered(store, mine), Held)
    server.pause()
    with pytest.raises(StoreUnavailableError):
        await store.claim(attempt())
    server.go_on()
    assert await answered(store, attempt()) == Busy()
    server.kill()
    with pytest.raises(StoreUnavailableError):
        await store.claim(attempt())
    server.start()
    assert await answered(store, attempt()) == Busy()
    server.stop()
    await store.close()
