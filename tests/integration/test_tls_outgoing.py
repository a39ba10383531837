"""TLS towards tenant-api and RabbitMQ: certificates are checked against the named authority."""

import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from edge_vocabulary import RawClient, demo
from health_vocabulary import Observed

from chat3_user.app import running
from chat3_user.config import composed
from support.ports import free_port
from support.rabbitmq import RabbitMQ
from support.servers import web_server
from support.tokens import Issuer


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run([sys.executable, project / "tools/make_certs.py", folder], check=True)
    return folder


@asynccontextmanager
async def _https_upstream(certs: Path) -> AsyncIterator[str]:
    async def dialogs(_: web.Request) -> web.Response:
        page = {"page": 1, "limit": 10, "total": 0, "pages": 0}
        return web.json_response({"data": [], "pagination": page})

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "server.pem", certs / "server.key")
    app = web.Application()
    app.router.add_get("/api/users/{user}/dialogs", dialogs)
    async with web_server(app, tls=context) as port:
        yield f"https://localhost:{port}"


async def test_tenant_api_is_asked_over_tls_when_its_authority_is_named(certs: Path) -> None:
    async with (
        _https_upstream(certs) as url,
        demo(tenant_api_url=url, tenant_api_ca_file=str(certs / "ca.pem")) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        assert (await client.call()).status == 0


async def test_a_tenant_api_of_another_authority_is_not_asked(certs: Path) -> None:
    async with (
        _https_upstream(certs) as url,
        demo(tenant_api_url=url) as service,
        await RawClient.open(service.grpc_port) as client,
    ):
        assert (await client.call()).reason == "UPSTREAM_UNAVAILABLE"


async def test_keys_of_an_issuer_are_taken_from_its_own_authority_alone(certs: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certs / "server.pem", certs / "server.key")
    async with Issuer().running(context) as issuer:
        for ca_file, taken in ((str(certs / "ca.pem"), True), ("", False)):
            settings = issuer.settings(token_issuer_ca_file=ca_file)
            async with demo(**settings) as service:
                it = Observed(service)
                if taken:
                    await it.up("token_issuer_keys")
                else:
                    await it.down("token_issuer_keys", "not_read")
        assert issuer.asked == 1


async def test_rabbitmq_is_reached_over_tls_when_its_authority_is_named(
    certs: Path, tmp_path: Path
) -> None:
    server = RabbitMQ(tmp_path / "rabbitmq")
    port = free_port()
    with (tmp_path / "rabbitmq/rabbitmq.conf").open("a") as configuration:
        configuration.write(
            f"listeners.ssl.1 = 127.0.0.1:{port}\n"
            f"ssl_options.cacertfile = {certs / 'ca.pem'}\n"
            f"ssl_options.certfile = {certs / 'server.pem'}\n"
            f"ssl_options.keyfile = {certs / 'server.key'}\n"
        )
    server.start()
    try:
        config = composed(
            demo=True,
            grpc_port=0,
            ops_port=0,
            tenant_api_url="http://127.0.0.1:1",
            rabbitmq_url=f"amqps://guest:guest@localhost:{port}/",
            rabbitmq_ca_file=str(certs / "ca.pem"),
        )
        async with running(config) as service:
            await service.ready()
            assert "ssl" in server.ctl("list_connections", "protocol", "ssl") or "true" in (
                server.ctl("list_connections", "ssl")
            )
    finally:
        server.stop()
