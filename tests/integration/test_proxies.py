"""nginx and HAProxy, as `deploy/proxies` sets them up, between clients and the service."""

import asyncio
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from edge_vocabulary import IDENTITY, demo
from grpclib.client import Channel

from chat3_api.chat3.user import v1 as pb
from chat3_user.app import Running
from support.faults.wire import SUBSCRIBE, message_class
from support.patience import HANGS
from support.ports import free_port
from support.web_client import FORMS, Form, WebClient

DIALOG = "dlg_demoalicebob00000000"
SEND = "/chat3.user.v1.UserService/SendMessage"
PROXIES = ("nginx", "haproxy")
SILENCE = float(os.environ.get("PROXY_SILENCE", "0")) / 2
"""Seconds without an update before the restart of the proxy, and after it."""

every_proxy = pytest.mark.parametrize("name", PROXIES)


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    folder = tmp_path_factory.mktemp("certs")
    subprocess.run([sys.executable, project / "tools/make_certs.py", folder], check=True)
    return folder


class Proxy:
    """A proxy that can be restarted; its configuration is the project's but for ports and files."""

    def __init__(self, name: str, project: Path, folder: Path, certs: Path, target: int) -> None:
        self.port = free_port()
        config = (project / "deploy" / "proxies" / _FILES[name]).read_text()
        both = folder / "both.pem"
        both.write_bytes((certs / "server.pem").read_bytes() + (certs / "server.key").read_bytes())
        for shipped, here in (
            ("127.0.0.1:50051", f"127.0.0.1:{target}"),
            ("listen 8443", f"listen 127.0.0.1:{self.port}"),
            ("bind :8443", f"bind 127.0.0.1:{self.port}"),
            ("/etc/chat3/server.key", str(certs / "server.key")),
            ("crt /etc/chat3/server.pem", f"crt {both}"),
            ("/etc/chat3/server.pem", str(certs / "server.pem")),
        ):
            config = config.replace(shipped, here)
        file = folder / _FILES[name]
        if name == "nginx":
            config = _NGINX.format(folder=folder, server=config)
        file.write_text(config)
        self._command = _COMMANDS[name](file)
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)  # noqa: ASYNC220
        async with asyncio.timeout(HANGS):
            while True:
                assert self._process.poll() is None, "the proxy refuses its configuration"
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    return

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)


_FILES = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}
_COMMANDS: dict[str, Any] = {
    "nginx": lambda file: [
        *("/usr/sbin/nginx", "-p", str(file.parent), "-c", str(file)),
        *("-e", str(file.parent / "error.log")),
    ],
    "haproxy": lambda file: ["/usr/sbin/haproxy", "-db", "-f", str(file)],
}
_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {server}
}}
"""


@asynccontextmanager
async def proxied(
    name: str, project: Path, folder: Path, certs: Path
) -> AsyncIterator[tuple[Running, Proxy, ssl.SSLContext]]:
    """Run the demo behind a proxy; yield what clients need."""
    context = ssl.create_default_context(cafile=str(certs / "ca.pem"))
    async with demo(trusted_proxies=1) as service:
        proxy = Proxy(name, project, folder, certs, service.grpc_port)
        await proxy.start()
        try:
            yield service, proxy, context
        finally:
            await proxy.stop()


def sending(text: str) -> tuple[str, Any, Any]:
    request = message_class("SendMessageRequest")(dialog_id=DIALOG, content=text)
    return SEND, request, message_class("SendMessageResponse")


def subscribing(token: str = "") -> tuple[str, Any, Any]:
    request = message_class("SubscribeUpdatesRequest")(resume_token=token)
    return SUBSCRIBE, request, message_class("SubscribeUpdatesResponse")


class Listener:
    """A client that notes the texts of new messages, and comes back with its last token."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self.texts: list[str] = []
        self.streams = 0
        self.token = ""
        self.heard = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                async with self._client.stream(*subscribing(self.token)) as stream:
                    self.streams += 1
                    while (response := await stream.read()) is not None:
                        if response.update.HasField("message_created"):
                            self.texts.append(response.update.message_created.message.content)
                        assert response.WhichOneof("event") != "gap"
                        self.token = response.resume_token
                        self.heard.set()
            except (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError):
                pass
            await asyncio.sleep(0.02)

    async def until(self, count: int) -> None:
        while len(self.texts) < count:
            self.heard.clear()
            await self.heard.wait()


@every_proxy
@pytest.mark.parametrize("form", [FORMS[0], FORMS[-1]], ids=str)
async def test_a_stream_outlives_a_restart_of_the_proxy(
    name: str, form: Form, project: Path, tmp_path: Path, certs: Path
) -> None:
    async with (
        proxied(name, project, tmp_path, certs) as (service, proxy, context),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
        aiohttp.ClientSession() as direct,
    ):
        url = f"https://localhost:{proxy.port}"
        listener = Listener(WebClient(session, url, form, IDENTITY))
        listening = asyncio.create_task(listener.run())
        await listener.heard.wait()
        # The sender goes past the proxy: it writes while there is none.
        sender = WebClient(direct, f"http://127.0.0.1:{service.grpc_port}", FORMS[0], IDENTITY)
        sent = []
        for number in range(30):
            if number == 10:
                await proxy.stop()
            if number == 20:
                await proxy.start()
            sent.append(f"text {number}")
            await sender.call(*sending(sent[-1]))
            if number == 5:
                await listener.until(6)
            if number in {5, 25}:
                await asyncio.sleep(SILENCE)
        async with asyncio.timeout(HANGS):
            await listener.until(30)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        assert listener.texts == sent
        assert listener.streams >= 2


@every_proxy
async def test_calls_pass_in_every_protocol(
    name: str, project: Path, tmp_path: Path, certs: Path
) -> None:
    async with (
        proxied(name, project, tmp_path, certs) as (_, proxy, context),
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session,
    ):
        url = f"https://localhost:{proxy.port}"
        for form in FORMS:
            answer, _ = await WebClient(session, url, form, IDENTITY).call(*sending("hello"))
            assert answer.message.content == "hello"
        h2 = ssl.create_default_context(cafile=str(certs / "ca.pem"))
        h2.set_alpn_protocols(["h2"])
        async with Channel("localhost", proxy.port, ssl=h2) as channel:
            stub = pb.UserServiceStub(channel, metadata=IDENTITY)
            assert (await stub.get_user_dialogs(pb.GetUserDialogsRequest())).dialogs
