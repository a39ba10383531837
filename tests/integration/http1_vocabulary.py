"""What tests of HTTP/1.1 say: bytes that are no honest client's, and what comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from edge_vocabulary import DIALOGS, IDENTITY

from support.patience import HANGS

_FIELDS = {"host": "localhost", "content-type": "application/json", **IDENTITY}


def request(
    body: bytes = b"{}",
    *,
    path: str = DIALOGS,
    method: str = "POST",
    length: bool = True,
    **changed: str,
) -> bytes:
    """Return a request, changed: `_` stands for a dash, an empty value for none."""
    fields = {**_FIELDS, **{name.replace("_", "-"): value for name, value in changed.items()}}
    if length:
        fields.setdefault("content-length", str(len(body)))
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items() if v)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass
class Answer:
    """One answer of HTTP/1.1."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A connection whose bytes the test writes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *data: bytes) -> None:
        self.writer.write(b"".join(data))

    async def head(self) -> tuple[int, dict[str, str]]:
        """Return the status and the headers of the next answer."""
        async with asyncio.timeout(HANGS):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = [line.split(": ", 1) for line in lines[1:] if line]
        return int(lines[0].split()[1]), {name.lower(): value for name, value in fields}

    async def answer(self) -> Answer:
        """Return the next answer, whole."""
        status, headers = await self.head()
        async with asyncio.timeout(HANGS):
            if headers.get("transfer-encoding") == "chunked":
                body = b""
                while size := int((await self.reader.readuntil(b"\r\n")).strip(), 16):
                    body += (await self.reader.readexactly(size + 2))[:-2]
                await self.reader.readexactly(2)
            else:
                body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(status, headers, body)

    async def closed(self) -> bytes:
        """Wait until the service closes the connection; return what it still said."""
        async with asyncio.timeout(HANGS):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    """Open a connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Wire(reader, writer)
    finally:
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)
