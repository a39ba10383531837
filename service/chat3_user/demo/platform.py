"""The embedded platform: a distribution of its own, which this module alone imports, when asked."""

import importlib.util
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chat3_user.demo.settings import DemoSettings
from chat3_user.node_urls import node_urls
from chat3_user.settings import ConfigError
from chat3_user.updates.amqp.settings import AmqpSettings
from chat3_user.updates.broker import Broker
from chat3_user.updates.memory_broker import MemoryBroker


@dataclass(frozen=True, slots=True)
class DemoPlatform:
    """A running tenant-api with demo data: where it is, and what a newcomer needs to know of it.

    ``users`` are names by user id.
    """

    url: str
    tenant: str
    api_key: str
    users: Mapping[str, str]
    dialog: str


def check_installed() -> None:
    """Check that the embedded platform is there.

    Raises `ConfigError`.
    """
    if importlib.util.find_spec("chat3_embedded") is None:
        raise ConfigError(
            "DEMO: the embedded platform is not installed; it comes with"
            " pip install 'chat3-gateway[demo]'"
        )


@asynccontextmanager
async def demo_platform(
    settings: DemoSettings, rabbitmq: AmqpSettings, broker: Broker
) -> AsyncIterator[DemoPlatform]:
    """Run the embedded tenant-api with demo data; its updates reach the service's broker."""
    from chat3_embedded import AmqpPublisher, Settings, UpdatePublisher, demo, serve  # noqa: PLC0415 - an extra

    publisher: UpdatePublisher = (
        broker
        if isinstance(broker, MemoryBroker)
        else AmqpPublisher(node_urls(rabbitmq.url)[0], exchange=rabbitmq.exchange)
    )
    async with serve(
        publisher=publisher,
        settings=Settings(trace_headers=True),
        database=settings.database or ":memory:",
        demo=True,
    ) as url:
        yield DemoPlatform(url, demo.TENANT, demo.API_KEY, demo.USERS, demo.ALICE_BOB)
    if isinstance(publisher, AmqpPublisher):
        await publisher.close()
