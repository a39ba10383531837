"""A client speaks TLS when it is told, and says what is wrong when the service does not."""

import asyncio
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
from chat3_client import sync as synchronous
from chat3_client.channel import TrackedChannel
from chat3_client.testing import TestService, running_service, running_service_in_thread
from support.faults.proxy import Proxy
from support.left_open import nothing_left_open

ONCE = RetryPolicy(attempts=1)


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = Path(__file__).parents[2]
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run([sys.executable, project / "tools/make_certs.py", folder], check=True)
    return folder


@pytest.fixture
def files(certs: Path) -> dict[str, str]:
    return {
        "grpc_tls_cert": str(certs / "server.pem"),
        "grpc_tls_key": str(certs / "server.key"),
    }


@pytest.fixture
async def encrypted(files: dict[str, str]) -> AsyncIterator[TestService]:
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


def test_a_program_that_closes_its_client_leaves_no_socket_open(
    files: dict[str, str], certs: Path
) -> None:
    """Though its event loop is closed at once, and TLS is ended by both sides."""
    with running_service_in_thread(**files) as service, nothing_left_open():
        port = service.address.rpartition(":")[2]
        options = {
            "api_key": service.api_key,
            "tenant": service.tenant,
            "user": "alice",
            "tls": tls_context(certs / "ca.pem"),
        }

        async def program() -> None:
            async with Chat3Client(f"localhost:{port}", **options) as alice:  # type: ignore[arg-type]
                await alice.get_myself()
                async with alice.updates() as stream:
                    await anext(stream)

        asyncio.run(program())
        with synchronous.Chat3Client(f"localhost:{port}", **options) as alice:  # type: ignore[arg-type]
            alice.get_myself()


async def test_a_service_that_says_no_more_does_not_hold_a_client_that_is_closed(
    encrypted: TestService, certs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat3_client.channel._PATIENCE", 0.1)
    port = int(encrypted.address.rpartition(":")[2])
    async with Proxy(port).running() as proxy:
        with nothing_left_open():
            options = {"api_key": encrypted.api_key, "tenant": encrypted.tenant, "user": "alice"}
            context = tls_context(certs / "ca.pem")
            async with Chat3Client(f"localhost:{proxy.port}", tls=context, **options) as alice:  # type: ignore[arg-type]
                await alice.get_myself()
                proxy.stall()
                (connection,) = alice._calls.connection._connections
            assert connection.ended.done()


async def test_a_client_that_is_closed_as_it_connects_leaves_no_socket_open(
    service: TestService, monkeypatch: pytest.MonkeyPatch
) -> None:
    connecting, go_on = asyncio.Event(), asyncio.Event()
    connect = TrackedChannel._create_connection

    async def slowly(channel: TrackedChannel) -> Any:
        connecting.set()
        await go_on.wait()
        return await connect(channel)

    monkeypatch.setattr(TrackedChannel, "_create_connection", slowly)
    with nothing_left_open():
        alice = service.client("alice")
        call = asyncio.create_task(alice.get_myself())
        await connecting.wait()
        await alice.close()
        go_on.set()
        await asyncio.wait({call})
        del call
