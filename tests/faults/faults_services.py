"""The service in the process of a test, whose parts can be asked what they did."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from chat3_user.app import Running, running
from chat3_user.config import composed
from chat3_user.updates.amqp.broker import AmqpBroker
from support.faults.scene import Listener, Scene
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


def read_of_the_log(gateway: Running) -> int:
    return broker_of(gateway).log.entries_read


async def most_read(gateway: Running, published: int) -> int:
    """Return how many entries a service has read that read each once, until now.

    ``published`` entries are updates. The others mark the ends that were looked for: each read goes
    up to such an end, and begins with the entry before those that it is for.
    """
    entries = (await broker_of(gateway).log.end()).offset + 1
    return entries + entries - published


async def progress_meanwhile(
    work: Callable[[], int], done: Callable[[], bool], scene: Scene, listener: Listener
) -> list[int]:
    """Publish to a listener until all is ``done``; return how far work got while each was due.

    An update is due when the broker has confirmed it. A machine that is busy or stalls delays the
    work, too; the broker may take its time for a confirmation.
    """
    meanwhile = []
    while not done():
        published = await scene.publish(1, listener.history.address)
        before = work()
        await listener.has(*published)
        meanwhile.append(work() - before)
    return meanwhile
