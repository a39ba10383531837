"""The fixture vocabulary of all suites: `rabbitmq`, `upstream`, `gateway`, `client`."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.gateway import Gateway, Upstream, run_gateway, run_upstream
from support.rabbitmq import RabbitMQ

# How long an example takes tells of the machine, and of what else runs on it.
settings.register_profile(
    "any machine",
    settings(),
    deadline=None,
    suppress_health_check={*settings().suppress_health_check, HealthCheck.too_slow},
)
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQ]:
    """A RabbitMQ of the session's own; tests that hurt it start one themselves."""
    server = RabbitMQ(tmp_path_factory.mktemp("rabbitmq"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def broker_url(request: pytest.FixtureRequest) -> str:
    """RabbitMQ's address; none where the test looks at no updates, and the marker says so.

    Declaring the updates log and deleting it takes most of the time of a short test.
    """
    marker = request.node.get_closest_marker("broker")
    if marker is not None and marker.args == ("in_process",):
        return ""
    rabbitmq: RabbitMQ = request.getfixturevalue("rabbitmq")
    return rabbitmq.url


@pytest.fixture
async def upstream(broker_url: str) -> AsyncIterator[Upstream]:
    """The embedded tenant-api, publishing to the broker: tenants `tnt_one` and `tnt_two`."""
    async with run_upstream(broker_url) as running:
        yield running


@pytest.fixture
async def gateway(upstream: Upstream, broker_url: str) -> AsyncIterator[Gateway]:
    """The service between the two, in this process."""
    async with run_gateway(upstream.url, broker_url) as running:
        yield running


@pytest.fixture(scope="session")
def project() -> Path:
    return Path(__file__).resolve().parent.parent
