"""A client speaks TLS when it is told, and says what is wrong when the service does not."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from chat3_client import (
    Chat3Client,
    Connected,
    RetryPolicy,
    UnavailableError,
    UnreachableError,
    tls_context,
)
from chat3_client.testing import TestService, running_service

ONCE = RetryPolicy(attempts=1)


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Path(__file__).parents[2]
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run([sys.executable, project / "tools/make_certs.py", folder], check=True)
    return folder


@pytest.fixture
async def encrypted(certs: Path) -> AsyncIterator[TestService]:
    files = {
        "grpc_tls_cert": str(certs / "server.pem"),
        "grpc_tls_key": str(certs / "server.key"),
    }
    async with running_service(**files) as running:
        yield running


def client(service: TestService, **options: Any) -> Chat3Client:
    address = service.address.replace("127.0.0.1", "localhost")
    given = {"api_key": service.api_key, "tenant": service.tenant, "user": "alice"}
    return Chat3Client(address, **given, **options)


async def test_calls_and_streams_are_encrypted(encrypted: TestService, certs: Path) -> None:
    async with client(encrypted, tls=tls_context(certs / "ca.pem")) as alice:
        assert (await alice.get_myself()).user is not None
        async with alice.updates() as stream:
            assert isinstance(await anext(stream), Connected)


async def test_a_certificate_that_is_not_trusted_is_told_and_not_asked_again(
    encrypted: TestService,
) -> None:
    async with client(encrypted, tls=True) as alice:
        with pytest.raises(
            UnreachableError, match=r"certificate of localhost:\d+ is not trusted"
        ) as no:
            await alice.get_myself()
        assert no.value.attempts == 1
        with pytest.raises(UnreachableError, match="not trusted"):
            await anext(alice.updates())


async def test_tls_with_a_service_that_has_none_is_told(service: TestService, certs: Path) -> None:
    async with client(service, tls=tls_context(certs / "ca.pem"), retry=ONCE) as alice:
        with pytest.raises(UnreachableError, match="TLS"):
            await alice.get_myself()


async def test_no_tls_with_a_service_that_wants_it_is_told(encrypted: TestService) -> None:
    async with client(encrypted, retry=ONCE) as alice:
        with pytest.raises(UnavailableError, match="does it want TLS"):
            await alice.get_myself()
