"""Two foreign clients of one service: in Go, and on grpcio to compare with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.foreign import ForeignClient, compiled_stubs, go_command, grpcio_command
from support.gateway import Gateway


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    return compiled_stubs(project, tmp_path_factory.mktemp("stubs"))


@pytest.fixture
async def go(gateway: Gateway, project: Path) -> AsyncIterator[ForeignClient]:
    async with ForeignClient(go_command(project), gateway.address) as client:
        yield client


@pytest.fixture
async def grpcio(gateway: Gateway, stubs: Path) -> AsyncIterator[ForeignClient]:
    async with ForeignClient(grpcio_command(stubs), gateway.address) as client:
        yield client
