"""One HTTP/1.1 exchange over aiohttp's pool: the request in one write, the answer by its parser.

aiohttp's session spends most of a small request on what none of ours has: cookies, redirects,
proxies, compression, bodies of unknown length. Its connector (DNS, TLS, keep-alive, limits) and its
parser are what is needed here; the few lines between them write a head and read an answer.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import aiohttp
from yarl import URL

from chat3_user.validation import Identity

_KEEP_ALIVE: Final = 4.0
"""Seconds; less than Node's default of 5, after which the other side closes idle connections."""

ANSWER_LIMIT: Final = 64 * 1024 * 1024
"""The largest answer, in bytes, that is read: twice what the greatest page can hold."""

_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "User-Agent")
_UNFIT: Final = re.compile(r"[^\t -~]")
_UNFIT_TARGET: Final = re.compile("[^!-~]")
_OK: Final = 200
_IDENTITIES: Final = 4096


class EndlessError(Exception):
    """An answer exceeds `ANSWER_LIMIT`; ``status`` is that of its head."""

    def __init__(self, status: int) -> None:
        super().__init__("the answer is larger than anything this service asks for")
        self.status = status


class Exchange:
    """Sends requests to one base URL and reads their answers.

    Made within the event loop; created and closed by `Http`.
    """

    def __init__(
        self, base_url: str, *, connections: int, connect_timeout: float, ssl: Any
    ) -> None:
        self._timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_timeout)
        self._connector = aiohttp.TCPConnector(
            limit=connections, keepalive_timeout=_KEEP_ALIVE, ttl_dns_cache=30, ssl=ssl
        )
        # What the pool asks of a request is the same for all of ours; so are their first headers:
        # `Host`, `User-Agent` and, where the URL has credentials, `Authorization`.
        self._template = aiohttp.ClientRequest(
            "GET",
            URL(base_url, encoded=True),
            headers={"User-Agent": "chat3-user-service"},
            skip_auto_headers=_AUTOMATIC,
            ssl=ssl,
            loop=asyncio.get_running_loop(),
        )
        self._prefix = self._template.url.raw_path.rstrip("/")
        self._common = _lines(self._template.headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._connector.close()

    async def send(
        self,
        method: str,
        path: str,
        identity: Identity | None,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> tuple[int, bytes]:
        """Send a request; return the status and the body of its answer.

        ``path`` begins with ``/`` and is percent-encoded already; without an ``identity`` no key is
        sent. A GET that finds a kept
        connection closed by the other side is sent once more, on another one.

        Raises `aiohttp.ClientError`, ``OSError``, ``TimeoutError`` or `EndlessError`.
        """
        if _UNFIT_TARGET.search(path):
            raise ValueError("the path has a character that is not percent-encoded")
        head = (
            f"{method} {self._prefix}{path} HTTP/1.1\r\n"
            f"{self._common}{_identifying(identity) if identity else ''}{_lines(headers)}"
        )
        if body is None:
            # A write without a body has one of no bytes.
            request = f"{head}\r\n" if method == "GET" else f"{head}Content-Length: 0\r\n\r\n"
            data = request.encode()
        else:
            request = f"{head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            data = request.encode() + body
        try:
            return await self._once(data)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            if method != "GET" or isinstance(error, aiohttp.ClientConnectorError):
                raise
            return await self._once(data)

    async def _once(self, data: bytes) -> tuple[int, bytes]:
        try:
            connection = await self._connector.connect(
                self._template, traces=[], timeout=self._timeout
            )
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("no connection in time") from error
        try:
            answer = await _answer(connection, data)
        except BaseException:
            connection.close()
            raise
        connection.release()
        return answer


async def _answer(connection: aiohttp.connector.Connection, data: bytes) -> tuple[int, bytes]:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None:
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(read_until_eof=True)
    transport.write(data)
    try:
        message, payload = await protocol.read()
        while message.code < _OK:
            message, payload = await protocol.read()
    except aiohttp.http.HttpProcessingError as error:
        raise aiohttp.ClientPayloadError("the answer is no HTTP") from error
    if payload.is_eof():
        return message.code, payload.read_nowait()
    parts: list[bytes] = []
    left = ANSWER_LIMIT
    while not payload.at_eof():
        parts.append(await payload.readany())
        left -= len(parts[-1])
        if left < 0:
            raise EndlessError(message.code)
    return message.code, b"".join(parts)


@lru_cache(_IDENTITIES)
def _identifying(identity: Identity) -> str:
    return _lines({"X-API-Key": identity.api_key, "X-Tenant-Id": identity.tenant_id})


def _lines(headers: Mapping[str, str]) -> str:
    """Return header lines.

    Raises ``ValueError`` for a value that could end its line.
    """
    for name, value in headers.items():
        if _UNFIT.search(value):
            raise ValueError(f"the header {name} has a character that no header may have")
    return "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
