"""The vocabulary of the Python client's tests: `scripted`, the real `service`, a `proxy`."""

from collections.abc import AsyncIterator

import pytest
from client_scripted_service import FIRST_PAUSE, Scripted, running_script

from chat3_client.retry import Backoff
from chat3_client.testing import TestService, running_service
from support.faults.proxy import Proxy


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let streams come back sooner than an application's: tests lose many of them."""
    monkeypatch.setattr("chat3_client.updates.attempts.Backoff", lambda: Backoff(first=FIRST_PAUSE))


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
