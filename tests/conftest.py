"""The fixture vocabulary of all suites: `rabbitmq`, `upstream`, `gateway`, `client`."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from support.gateway import Gateway, Upstream, run_gateway, run_upstream
from support.rabbitmq import RabbitMQ


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A RabbitMQ of the session's own; tests that hurt it start one themselves."""
    server = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def upstream(rabbitmq: RabbitMQ) -> AsyncIterator[Upstream]:
    """The embedded tenant-api, publishing to RabbitMQ: tenants `tnt_one` and `tnt_two`."""
    async with run_upstream(rabbitmq.url) as running:
        yield running


@pytest.fixture
async def gateway(upstream: Upstream, rabbitmq: RabbitMQ) -> AsyncIterator[Gateway]:
    """The service between the two, in this process."""
    async with run_gateway(upstream.url, rabbitmq.url) as running:
        yield running


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).resolve().parent.parent
