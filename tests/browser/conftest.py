"""The demo with its page and one browser, for all tests of the page together; windows for each."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from browser_vocabulary import Windows, a_browser, watched_windows
from playwright.async_api import Browser

from support.demo_process import Demo, running


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that lives as long as the tests do; those that kill one start their own."""
    started = Demo(tmp_path_factory.mktemp("demo"))
    with running(started):
        yield started


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def browser() -> AsyncIterator[Browser]:
    """One browser: each window has a profile of its own."""
    async with a_browser() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="package")
async def windows(browser: Browser, demo: Demo) -> AsyncIterator[Windows]:
    async with watched_windows(browser, demo.url) as opened:
        yield opened
