"""A demo for the tests of the Go library, and what Go needs in its environment."""

import os
from collections.abc import Iterator, Mapping

import pytest

from support.demo_process import KEY, TENANT, Demo, running


@pytest.fixture(scope="package")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    started = Demo(tmp_path_factory.mktemp("demo"))
    with running(started):
        yield started


@pytest.fixture
def environment(demo: Demo) -> Mapping[str, str]:
    return {
        **os.environ,
        "CHAT3_ADDRESS": f"127.0.0.1:{demo.service}",
        "CHAT3_TENANT": TENANT,
        "CHAT3_API_KEY": KEY,
    }
