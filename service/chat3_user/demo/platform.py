"""The embedded platform: a distribution of its own, which this module alone imports, when asked."""

import importlib.util
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from chat3_user.config import Config, ConfigError
from chat3_user.updates.broker import Broker
from chat3_user.updates.memory_broker import MemoryBroker


@dataclass(frozen=True, slots=True)
class DemoPlatform:
    """A running tenant-api with demo data: where it is, and what a newcomer needs to know of it."""

    url: str
    tenant: str
    api_key: str
    users: Sequence[str]
    dialog: str


def check_installed(config: Config) -> None:
    """Check that the embedded platform is there, if it is wanted.

    Raises `ConfigError`.
    """
    wanted = config.demo and not config.tenant_api_url
    if wanted and importlib.util.find_spec("chat3_embedded") is None:
        raise ConfigError(
            "DEMO: the embedded platform is not installed; it comes with"
            " pip install 'chat3-user-service[demo]'"
        )


@asynccontextmanager
async def demo_platform(config: Config, broker: Broker) -> AsyncIterator[DemoPlatform]:
    """Run the embedded tenant-api with demo data; its updates reach the service's broker."""
    from chat3_embedded import AmqpPublisher, UpdatePublisher, demo, serve  # noqa: PLC0415 - an extra

    publisher: UpdatePublisher = (
        broker
        if isinstance(broker, MemoryBroker)
        else AmqpPublisher(config.rabbitmq_url, exchange=config.rabbitmq_updates_exchange)
    )
    async with serve(
        publisher=publisher, database=config.demo_database or ":memory:", demo=True
    ) as url:
        yield DemoPlatform(url, demo.TENANT, demo.API_KEY, tuple(demo.USERS), demo.ALICE_BOB)
    if isinstance(publisher, AmqpPublisher):
        await publisher.close()
