"""The foreign client: stubs compiled once a session from the protos, by grpcio-tools."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.foreign import ForeignClient, compiled_stubs, grpcio_command
from support.gateway import Gateway


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    return compiled_stubs(project, tmp_path_factory.mktemp("stubs"))


@pytest.fixture
async def foreign(gateway: Gateway, stubs: Path) -> AsyncIterator[ForeignClient]:
    async with ForeignClient(grpcio_command(stubs), gateway.address) as client:
        yield client
