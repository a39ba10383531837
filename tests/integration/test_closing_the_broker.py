"""A worker that ends closes its broker, whatever becomes of the cancellation on its way."""

import asyncio
import secrets
from contextlib import suppress
from typing import Any

import pytest

from chat3_user.app import running
from chat3_user.config import composed
from chat3_user.updates.amqp import broker
from support.patience import HANGS
from support.rabbitmq import RabbitMQ


async def test_a_session_that_begins_while_the_worker_ends_keeps_it_from_nothing(
    rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`asyncio.wait_for` returns what is done, and forgets that it was cancelled meanwhile."""
    connect, connected = broker.connect_any, asyncio.Event()

    async def connects_although_cancelled(*args: Any, **more: Any) -> Any:
        connection = await connect(*args, **more)
        connected.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return connection

    monkeypatch.setattr(broker, "connect_any", connects_although_cancelled)
    log = f"log_{secrets.token_hex(4)}"
    config = composed(
        grpc_port=0,
        ops_port=0,
        tenant_api_url="http://127.0.0.1:1",
        rabbitmq_url=rabbitmq.url,
        rabbitmq_updates_log=log,
        idempotency_database=":memory:",
        shutdown_grace=0.1,
    )

    async def lives() -> None:
        async with running(config):
            await connected.wait()

    living = asyncio.create_task(lives())
    ended, _ = await asyncio.wait({living}, timeout=HANGS)
    assert ended, "it hangs"
    await living
