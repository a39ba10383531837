"""Operations of stores in traces: one span each, with what came of it."""

import secrets
from typing import Any

import pytest

from chat3_user.idempotency import Store, StoreUnavailableError
from chat3_user.idempotency.observed import ObservedStore
from chat3_user.idempotency.store import Attempt, Finished, Held
from chat3_user.limits.rates import Rate, RedisRates
from chat3_user.metrics.instruments import Instruments
from chat3_user.metrics.stores import StoreMetrics
from chat3_user.shared_redis import RedisSettings
from support.patience import HANGS
from support.ports import free_port
from support.recorded_spans import Recording
from support.redis import RedisServer

ATTEMPT = Attempt(b"scope", b"request", b"owner")


def told(recording: Recording) -> list[tuple[str, dict[str, Any]]]:
    return [(span.name, dict(span.attributes or {})) for span in recording.spans]


def observed(store: Store, system: str, recording: Recording) -> ObservedStore:
    return ObservedStore(store, system, StoreMetrics(Instruments()), recording.tracing)


async def test_a_traced_store_does_what_the_store_does(store: Store, store_kind: str) -> None:
    recording = Recording()
    traced = observed(store, store_kind, recording)
    assert isinstance(await traced.claim(ATTEMPT), Held)
    assert await traced.renew(ATTEMPT)
    assert await traced.finish(ATTEMPT, b"answer")
    assert await traced.claim(ATTEMPT) == Finished(b"answer")
    other = Attempt(b"another scope", b"request", b"owner")
    await traced.claim(other)
    await traced.abandon(other, 0.0)
    doubted = await traced.claim(other)
    assert isinstance(doubted, Held)
    assert doubted.doubt is not None
    await traced.forget(other)
    await traced.release(other)
    system = {"db.system.name": store_kind}
    assert told(recording) == [
        ("claim", {**system, "db.operation.name": "claim", "chat3.store.outcome": "held"}),
        ("renew", {**system, "db.operation.name": "renew"}),
        ("finish", {**system, "db.operation.name": "finish"}),
        ("claim", {**system, "db.operation.name": "claim", "chat3.store.outcome": "finished"}),
        ("claim", {**system, "db.operation.name": "claim", "chat3.store.outcome": "held"}),
        ("abandon", {**system, "db.operation.name": "abandon"}),
        ("claim", {**system, "db.operation.name": "claim", "chat3.store.outcome": "held"}),
        ("forget", {**system, "db.operation.name": "forget"}),
        ("release", {**system, "db.operation.name": "release"}),
    ]


async def test_an_operation_that_fails_says_so(store: Store, store_kind: str) -> None:
    async def claim(attempt: Attempt) -> Held:
        raise StoreUnavailableError("away")

    recording = Recording()
    store.claim = claim  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailableError):
        await ObservedStore(
            store, store_kind, StoreMetrics(Instruments()), recording.tracing
        ).claim(ATTEMPT)
    (span,) = recording.spans
    assert not span.status.is_ok
    assert (span.attributes or {})["error.type"] == "StoreUnavailableError"


async def test_rates_say_what_they_decided(redis_server: RedisServer) -> None:
    recording = Recording()
    rates = RedisRates(RedisSettings(redis_server.url, HANGS), tracing=recording.tracing)
    rate, key = Rate(1, "hour"), secrets.token_hex(4)
    first, second = await rates.spend(rate, key), await rates.spend(rate, key)
    await rates.close()
    assert (first.allowed, second.allowed) == (True, False)
    outcomes = [attributes["chat3.store.outcome"] for _, attributes in told(recording)]
    assert outcomes == ["allowed", "refused"]
    assert key not in str(told(recording))


async def test_what_is_counted_without_redis_is_no_operation_of_redis(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chat3_user.limits.rates._REDIS_PAUSE", HANGS)
    recording = Recording()
    away = RedisSettings(f"redis://127.0.0.1:{free_port()}", 0.2)
    rates = RedisRates(away, tracing=recording.tracing)
    assert (await rates.spend(Rate(5, "hour"), "alice")).allowed
    assert (await rates.spend(Rate(5, "hour"), "alice")).allowed
    await rates.close()
    (span,) = recording.spans
    assert not span.status.is_ok
    assert "chat3.store.outcome" not in (span.attributes or {})
