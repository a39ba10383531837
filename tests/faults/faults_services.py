"""The service in the process of a test, whose parts can be asked what they did."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from chat3_user.app import Running, running
from chat3_user.config import composed
from chat3_user.updates.amqp.broker import AmqpBroker
from support.faults.stage import Stage


@asynccontextmanager
async def service(stage: Stage, **settings: Any) -> AsyncIterator[Running]:
    """Run the service in this process; all of one test share the stage's log."""
    config = composed(
        grpc_port=0,
        ops_port=0,
        tenant_api_url=stage.upstream.url,
        rabbitmq_url=stage.rabbitmq.url,
        rabbitmq_updates_log=stage.log,
        idempotency_database=":memory:",
        shutdown_grace=0.5,
        **settings,
    )
    async with running(config) as made:
        await made.ready()
        yield made


def broker_of(gateway: Running) -> AmqpBroker:
    broker = gateway.broker
    assert isinstance(broker, AmqpBroker)
    return broker
