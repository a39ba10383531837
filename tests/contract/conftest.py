"""Fixtures of the contract tests: servers to ask, and people and dialogs to ask about."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.test_utils import TestServer
from contract_environment import named_server, versions_under_test
from contract_summary import Summary
from contract_target import (
    SECOND_TENANT,
    TENANT,
    RecordingPublisher,
    Target,
    named_target,
    seed_keys,
)
from contract_world import World

from chat3_embedded import Generation, Settings, Store, create_app
from chat3_embedded.server import COUNTERS, OUTBOX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

# Without a guard the tests need not wait between equal requests; it has tests of its own.
UNGUARDED = Settings(
    guard_window=0.0, typing_guard_window=0.0, counter_delay=0.001, read_task_poll=0.01
)
_HERE = Path(__file__).parent
_SUMMARY = pytest.StashKey[Summary]()


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "since(capability): only versions that have it")
    config.addinivalue_line("markers", "until(capability): only versions that do not have it")
    config.addinivalue_line("markers", "read(what): rests on sources read, never recorded")
    config.addinivalue_line(
        "markers", "whole_suite: looks back at all tests, so that it comes last"
    )
    config.addinivalue_line("markers", "of_the_double: looks at what only the double shows")
    config.stash[_SUMMARY] = Summary()
    config.pluginmanager.register(config.stash[_SUMMARY], "tenant-api's contract")


# After others have left out what was not asked for.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what another version does; a named server need not hurry.

    The items of the whole run come here: tests elsewhere have versions of their own.
    """
    about = {item: version for item in items if (version := _version(item)) is not None}
    left = [item for item, version in about.items() if not _is_for(item, version)]
    server = named_server()
    if server is not None:
        for item in about:
            item.add_marker(pytest.mark.timeout(20 * server.patience))
    of_the_double = [item for item in left if item.get_closest_marker("of_the_double")]
    config.stash[_SUMMARY].left_out = len(of_the_double) if server is not None else 0
    summary = config.stash[_SUMMARY]
    summary.whole = _is_whole(items) and not summary.deselected
    left += _put_last(items, left, whole=summary.whole)
    for item in left:
        items.remove(item)
        del about[item]
    config.stash[_SUMMARY].collected(about)
    config.hook.pytest_deselected(items=left)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note that somebody wants less than the whole suite."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.config.stash[_SUMMARY].deselected += 1


def _is_whole(items: list[pytest.Item]) -> bool:
    return {item.path for item in items} >= set(_HERE.glob("test_*.py"))


def _put_last(
    items: list[pytest.Item], left: list[pytest.Item], *, whole: bool
) -> list[pytest.Item]:
    """Put the tests of the whole suite after its others; return them where nobody runs it whole."""
    looking_back = [item for item in items if item.get_closest_marker("whole_suite")]
    if not whole or named_server() is not None:
        return [item for item in looking_back if item not in left]
    for item in looking_back:
        items.remove(item)
    places = [place for place, item in enumerate(items) if item.path.is_relative_to(_HERE)]
    items[places[-1] + 1 : places[-1] + 1] = looking_back
    return []


def _version(item: pytest.Item) -> str | None:
    """Return the version of the platform that a contract test is about."""
    if not item.path.is_relative_to(_HERE) or not hasattr(item, "callspec"):
        return None
    version: str | None = item.callspec.params.get("version")
    return version


def _is_for(item: pytest.Item, version: str) -> bool:
    generation = Generation(version)
    if item.get_closest_marker("of_the_double") and named_server() is not None:
        return False
    return all(
        generation.can(marker.args[0]) == (marker.name == "since")
        for name in ("since", "until")
        for marker in item.iter_markers(name)
    )


@asynccontextmanager
async def running(
    settings: Settings, config: pytest.Config, *, patient: bool
) -> AsyncIterator[Target]:
    coverage = config.stash[_SUMMARY].coverage
    async with aiohttp.ClientSession() as session:
        if server := named_server():
            yield named_target(server, session, coverage, patient=patient)
            return
        publisher = RecordingPublisher()
        with Store() as store:
            for tenant in (SECOND_TENANT, TENANT):
                # As recorded: a list of them shows these in the order of their names.
                store.add_tenant(tenant, created_at=1_795_424_623_181.0)
            keys = seed_keys(store)
            app = create_app(store, publisher, settings=settings)
            async with TestServer(app) as server_of_app:
                url = str(server_of_app.make_url("")).rstrip("/")
                yield Target(
                    url,
                    session,
                    TENANT,
                    SECOND_TENANT,
                    keys,
                    store.generation,
                    "embedded",
                    2.0,
                    may_make_tenants=True,
                    own_tenant=True,
                    store=store,
                    publisher=publisher,
                    outbox=app[OUTBOX],
                    counters=app[COUNTERS],
                    coverage=coverage,
                )


@pytest.fixture(scope="module", params=versions_under_test())
def version(request: pytest.FixtureRequest) -> str:
    """Return the version of the platform under test; every test of a server runs for each."""
    return str(request.param)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_api(version: str, pytestconfig: pytest.Config) -> AsyncIterator[Target]:
    """Yield a server that the tests of a module share: for stories and for reading."""
    async with running(replace(UNGUARDED, platform=version), pytestconfig, patient=True) as target:
        own = target.own_tenant or not target.may_make_tenants
        yield target if own else await target.with_own_tenants()


@pytest.fixture
async def api(version: str, pytestconfig: pytest.Config) -> AsyncIterator[Target]:
    """Yield a server of the test's own that takes equal requests at any pace."""
    async with running(replace(UNGUARDED, platform=version), pytestconfig, patient=True) as target:
        yield target


@pytest.fixture
async def guarded_api(version: str, pytestconfig: pytest.Config) -> AsyncIterator[Target]:
    """Yield a server with the recorded guard."""
    async with running(Settings(platform=version), pytestconfig, patient=False) as target:
        yield target


@pytest.fixture
async def double(version: str, pytestconfig: pytest.Config) -> AsyncIterator[Target]:
    """Yield the double, for what only it can show: the updates that it publishes."""
    async with running(replace(UNGUARDED, platform=version), pytestconfig, patient=True) as target:
        yield target


@pytest.fixture
def summary(request: pytest.FixtureRequest) -> Summary:
    """Return what is written below the results of the run."""
    return request.config.stash[_SUMMARY]


@pytest.fixture
def world(api: Target) -> World:
    return World(api)
