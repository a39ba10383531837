"""The vocabulary of these tests: a `consumer` of the packed library, and a `demo`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typescript_consumer import Consumer, consumer_of, packed

from support.demo_process import Demo, running


@pytest.fixture(scope="session")
def tarball(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published."""
    return packed(project / "clients/typescript", tmp_path_factory.mktemp("packed"))


@pytest.fixture(scope="session")
def consumer(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    """An empty folder into which it was installed."""
    return consumer_of(tarball, tmp_path_factory.mktemp("consumer"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo, for as long as the tests run."""
    started = Demo(tmp_path_factory.mktemp("demo"))
    with running(started):
        yield started
