"""The vocabulary of the Python client's tests: `scripted`, the real `service`, a `proxy`."""

from collections.abc import AsyncIterator

import pytest
from client_scripted_service import Scripted, running_script

from chat3_client.testing import TestService, running_service
from support.faults.proxy import Proxy


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    """A service that answers as it is told."""
    async with running_script() as running:
        yield running


@pytest.fixture
async def service() -> AsyncIterator[TestService]:
    """The real service, with a platform in this process."""
    async with running_service() as running:
        yield running


@pytest.fixture
async def proxy(service: TestService) -> AsyncIterator[Proxy]:
    """A proxy in front of the service, which breaks connections when it is told."""
    port = int(service.address.rpartition(":")[2])
    async with Proxy(port).running() as running:
        yield running
