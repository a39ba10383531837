"""Finds out what speaks at an address: it says the first words of HTTP/2 and reads the answer."""

import asyncio
import contextlib
import json
import re
import socket
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from typing import Any

from chat3_cli.session import Target

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_SETTINGS = 4
_EMPTY_SETTINGS = bytes(3) + bytes([_SETTINGS]) + bytes(5)
_FRAME_HEAD = 9
_LARGEST = 64 * 1024
_TLS_ALERT = b"\x15\x03"
_DATE = re.compile(rb"\r\ndate: ([^\r]+)\r\n", re.IGNORECASE)


class Speaks(Enum):
    """What the other side speaks."""

    HTTP2 = auto()
    HTTP1 = auto()
    TLS = auto()
    AMQP = auto()
    SOMETHING = auto()
    NOTHING = auto()
    """It accepted the connection and said nothing in time."""
    HUNG_UP = auto()


@dataclass(frozen=True, slots=True)
class Web:
    """What a server of HTTP/1.1 answers."""

    status: int
    head: bytes
    body: bytes

    @property
    def document(self) -> Any:
        """The body when it is JSON, else nothing."""
        with contextlib.suppress(ValueError, RecursionError):
            return json.loads(self.body)
        return None

    @property
    def unix_time(self) -> float | None:
        """The server's clock, to the second; nothing when it does not say."""
        found = _DATE.search(self.head)
        if found is None:
            return None
        try:
            return parsedate_to_datetime(found[1].decode("ascii", "replace")).timestamp()
        except ValueError:
            return None


async def first_words(target: Target, tls: ssl.SSLContext | None, patience: float) -> Speaks:
    """Say what speaks at the target, over TLS or in plain text.

    Raises `OSError` (`ssl.SSLError` is one) when there is no connection, `TimeoutError` when there
    is none in time.
    """
    async with _connected(target, tls, patience) as (reader, writer):
        writer.write(PREFACE + _EMPTY_SETTINGS)
        try:
            async with asyncio.timeout(patience):
                await writer.drain()
                answer = await _beginning(reader)
        except TimeoutError:
            return Speaks.NOTHING
        except ssl.SSLError:
            raise
        except OSError:
            return Speaks.HUNG_UP
    return _kind(answer)


async def speaks_tls(target: Target, patience: float) -> bool:
    """Say whether a TLS handshake succeeds, whoever the other side is: nothing is sent to it."""
    anybody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anybody.check_hostname = False
    anybody.verify_mode = ssl.CERT_NONE
    try:
        async with _connected(target, anybody, patience):
            return True
    except ssl.SSLError as error:
        return "ALERT" in (error.reason or "")  # it refuses us, in the words of TLS
    except (OSError, TimeoutError):
        return False


async def alert(target: Target, tls: ssl.SSLContext, patience: float) -> ssl.SSLError | None:
    """Give the error with which the other side ends TLS; nothing when it does not say.

    asyncio loses an alert when the connection ends right behind it, so this asks without it.
    """

    def ask() -> ssl.SSLError | None:
        address = (target.host, target.port)
        try:
            with (
                socket.create_connection(address, patience) as plain,
                tls.wrap_socket(plain, server_hostname=target.host) as encrypted,
            ):
                encrypted.sendall(PREFACE + _EMPTY_SETTINGS)
                encrypted.recv(1)  # TLS 1.3 says no after the handshake
        except ssl.SSLError as error:
            return error
        except OSError:
            pass
        return None

    return await asyncio.to_thread(ask)


async def ask_web(target: Target, tls: ssl.SSLContext | None, path: str, patience: float) -> Web:
    """GET a path over HTTP/1.1.

    Raises `OSError` or `TimeoutError` when there is no answer, `ValueError` when it is no HTTP.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: {target.address}\r\nConnection: close\r\n\r\n"
    async with _connected(target, tls, patience) as (reader, writer):
        writer.write(request.encode("ascii", "replace"))
        async with asyncio.timeout(patience):
            await writer.drain()
            answer = await _all(reader)
    head, _, body = answer.partition(b"\r\n\r\n")
    status = re.match(rb"HTTP/1\.[01] (\d{3})", head)
    if status is None:
        raise ValueError("no HTTP/1.1")
    return Web(int(status[1]), head + b"\r\n", body)


@contextlib.asynccontextmanager
async def _connected(
    target: Target, tls: ssl.SSLContext | None, patience: float
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    async with asyncio.timeout(patience):
        reader, writer = await asyncio.open_connection(
            target.host,
            target.port,
            ssl=tls,
            ssl_handshake_timeout=patience if tls is not None else None,
        )
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _beginning(reader: asyncio.StreamReader) -> bytes:
    """Read the head of a frame, or as much as there is; of a text all that comes with it."""
    answer = b""
    with contextlib.suppress(ConnectionError):  # behind what it said, RabbitMQ breaks off
        while len(answer) < _FRAME_HEAD and (more := await reader.read(_LARGEST)):
            answer += more
    return answer


async def _all(reader: asyncio.StreamReader) -> bytes:
    answer = b""
    while len(answer) < _LARGEST and (more := await reader.read(_LARGEST)):
        answer += more
    return answer


def _kind(answer: bytes) -> Speaks:
    if not answer:
        return Speaks.HUNG_UP
    if answer.startswith(b"HTTP/1."):
        return Speaks.HTTP1
    if answer.startswith(_TLS_ALERT):
        return Speaks.TLS
    if answer.startswith(b"AMQP"):
        return Speaks.AMQP
    if len(answer) >= _FRAME_HEAD and answer[3] == _SETTINGS and answer[5:9] == bytes(4):
        return Speaks.HTTP2
    return Speaks.SOMETHING
