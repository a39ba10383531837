"""The demo with its page, for all tests of the page together, and windows for each."""

from collections.abc import AsyncIterator, Iterator

import pytest
from browser_vocabulary import Windows, watched_windows

from support.demo_process import Demo, running


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A demo that lives as long as the tests do; those that kill one start their own."""
    started = Demo(tmp_path_factory.mktemp("demo"))
    with running(started):
        yield started


@pytest.fixture
async def windows(demo: Demo) -> AsyncIterator[Windows]:
    async with watched_windows(demo.url) as opened:
        yield opened
