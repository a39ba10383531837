"""Fixtures of the contract tests: servers to ask, and people and dialogs to ask about."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from contract_databases import report
from contract_target import (
    SECOND_TENANT,
    TENANT,
    RecordingPublisher,
    Target,
    real_target,
    seed_keys,
)
from contract_world import World

from chat3_embedded import Settings, Store, create_app
from chat3_embedded.server import COUNTERS, OUTBOX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Without a guard the tests need not wait between equal requests; it has tests of its own.
UNGUARDED = Settings(guard_window=0.0, typing_guard_window=0.0, counter_delay=0.001)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what is known to differ between databases: a difference is named, not failed."""
    terminalreporter.section("databases behind tenant-api that answer in their own way")
    for line in report():
        terminalreporter.write_line(line)


@asynccontextmanager
async def running(settings: Settings, *, patient: bool) -> AsyncIterator[Target]:
    async with aiohttp.ClientSession() as session:
        if url := os.environ.get("TENANT_API_URL"):
            yield real_target(url, session, patient=patient)
            return
        publisher = RecordingPublisher()
        with Store() as store:
            for tenant in (SECOND_TENANT, TENANT):
                store.add_tenant(tenant)
            keys = seed_keys(store)
            app = create_app(store, publisher, settings=settings)
            async with TestServer(app) as server:
                url = str(server.make_url("")).rstrip("/")
                yield Target(
                    url,
                    session,
                    TENANT,
                    SECOND_TENANT,
                    keys,
                    store,
                    publisher,
                    app[OUTBOX],
                    app[COUNTERS],
                )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_api() -> AsyncIterator[Target]:
    """Yield a server that the tests of a module share: for stories and for reading."""
    async with running(UNGUARDED, patient=True) as target:
        yield target


@pytest.fixture
async def api() -> AsyncIterator[Target]:
    """Yield a server of the test's own that takes equal requests at any pace."""
    async with running(UNGUARDED, patient=True) as target:
        yield target


@pytest.fixture
async def guarded_api() -> AsyncIterator[Target]:
    """Yield a server with the recorded guard."""
    async with running(Settings(), patient=False) as target:
        yield target


@pytest.fixture
async def double() -> AsyncIterator[Target]:
    """Yield the double, for what only it can show: the updates that it publishes."""
    if os.environ.get("TENANT_API_URL"):
        pytest.skip("updates are recorded from the double only")
    async with running(UNGUARDED, patient=True) as target:
        yield target


@pytest.fixture
def world(api: Target) -> World:
    return World(api)
