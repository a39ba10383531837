"""Somewhat of everything that clients do, over and over: what moves the service's metrics."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import aiohttp
from grpclib.client import Channel
from grpclib.const import Cardinality

from support.faults.wire import FOLLOW, SUBSCRIBE, WATCH, message_class
from support.gateway import KEY, TENANT, metadata
from support.web_client import CallFailed, Form, WebClient

USER, TENANTS = "chat3.user.v1", "chat3.tenant.v1"
BACK_END = {"x-api-key": KEY, "x-tenant-id": TENANT}


def path(method: str, package: str = USER) -> str:
    service = "UserService" if package == USER else "TenantService"
    return f"/{package}.{service}/{method}"


def classes(method: str, package: str = USER) -> tuple[Any, Any]:
    """Return the messages of a method."""
    return message_class(f"{method}Request", package), message_class(f"{method}Response", package)


class Load:
    """Calls one service by all protocols."""

    def __init__(self, port: int, dialog: str, session: aiohttp.ClientSession) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._port = port
        self._dialog = dialog
        self._session = session

    def _client(self, identity: dict[str, str], protocol: str = "connect") -> WebClient:
        return WebClient(self._session, self._url, Form(protocol, json=False), identity)

    async def _call(
        self, client: WebClient, method: str, package: str = USER, **fields: Any
    ) -> Any:
        request, kind = classes(method, package)
        answer, _ = await client.call(path(method, package), request(**fields), kind)
        return answer

    async def _round(self) -> None:
        alice = self._client(metadata("alice"))
        web = self._client(metadata("alice"), "grpc_web")
        stranger = self._client({**metadata("alice"), "x-api-key": "nobody's"})
        await self._call(web, "GetUserDialogs")
        key = secrets.token_hex(8)
        sending = {"dialog_id": self._dialog, "content": "hello", "idempotency_key": key}
        await self._call(alice, "SendMessage", **sending)
        await self._call(alice, "SendMessage", **sending)
        await self._call(alice, "SendTypingIndicator", dialog_id=self._dialog)
        for client, fields in ((alice, {"page_size": 5000}), (stranger, {})):
            with suppress(CallFailed):
                await self._call(client, "GetUserDialogs", **fields)
        back_end = self._client(BACK_END)
        created = await self._call(back_end, "CreateUserToken", TENANTS, user_id="alice")
        for token in (created.token, "nonsense"):
            with suppress(CallFailed):
                bearer = self._client({"authorization": f"Bearer {token}"})
                await self._call(bearer, "GetUserDialogs")
        await self._over_grpc()
        await self._nonsense()
        await self._resume()

    async def _over_grpc(self) -> None:
        """Call on a connection of its own: sooner or later each worker has some."""
        request, kind = classes("GetUserDialogs")
        channel = Channel("127.0.0.1", self._port)
        try:
            async with channel.request(
                path("GetUserDialogs"),
                Cardinality.UNARY_UNARY,
                request,
                kind,
                metadata=metadata("bob"),
            ) as stream:
                await stream.send_message(request(), end=True)
                await stream.recv_message()
        finally:
            channel.close()

    async def _nonsense(self) -> None:
        """Break HTTP/2's rules on a connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 64)
        with suppress(ConnectionError):  # reset, if the rest was not read before the end
            await reader.read()
        writer.close()

    async def _resume(self) -> None:
        """Open a stream, leave it and come back, now and then to the other worker."""
        token = ""
        for _ in range(2):
            # A session of its own: its connection is a new one.
            async with aiohttp.ClientSession() as session:
                client = WebClient(
                    session, self._url, Form("connect", json=False), metadata("alice")
                )
                request, kind = classes("SubscribeUpdates")
                asked = request(resume_token=token)
                async with client.stream(SUBSCRIBE, asked, kind) as stream:
                    answer = await stream.read()
                    token = answer.resume_token

    async def repeat(self) -> None:
        """Go on until cancelled."""
        while True:
            await self._round()


@asynccontextmanager
async def streams(port: int) -> AsyncIterator[None]:
    """Hold streams of all kinds, and read what comes."""
    readers: list[asyncio.Task[None]] = []
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        )
        for identity, method, package in (
            *((metadata("bob"), SUBSCRIBE, USER) for _ in range(8)),
            *((BACK_END, FOLLOW, TENANTS) for _ in range(8)),
        ):
            client = WebClient(
                session, f"http://127.0.0.1:{port}", Form("connect", json=False), identity
            )
            request, kind = classes(method.rpartition("/")[2], package)
            stream = await stack.enter_async_context(client.stream(method, request(), kind))
            await stream.read()
            readers.append(asyncio.create_task(read_all(stream.read)))
        for _ in range(8):
            channel = Channel("127.0.0.1", port)
            stack.callback(channel.close)
            request, kind = classes("WatchUpdates", TENANTS)
            kinds = (Cardinality.STREAM_STREAM, request, kind)
            watching = await stack.enter_async_context(
                channel.request(WATCH, *kinds, metadata=BACK_END)
            )
            stack.push_async_callback(watching.cancel)
            watched = message_class("UserToWatch", TENANTS)(user_id="bob")
            await watching.send_message(request(batch_id="1", watch=[watched]))
            readers.append(asyncio.create_task(read_all(watching.recv_message)))
        try:
            yield
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)


async def read_all(read: Callable[[], Awaitable[Any]]) -> None:
    while await read() is not None:
        pass
