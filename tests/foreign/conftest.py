"""The foreign client: stubs compiled once a session from the protos, by grpcio-tools."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from foreign_client import ForeignClient

from support.gateway import Gateway


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    folder = tmp_path_factory.mktemp("stubs")
    protos = sorted((project / "api").rglob("*.proto"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "grpc_tools.protoc",
            f"--proto_path={project / 'api'}",
            f"--python_out={folder}",
            f"--grpc_python_out={folder}",
            *map(str, protos),
        ],
        check=True,
        timeout=60,
    )
    return folder


@pytest.fixture
async def foreign(gateway: Gateway, stubs: Path) -> AsyncIterator[ForeignClient]:
    async with ForeignClient(gateway.address, stubs) as client:
        yield client
