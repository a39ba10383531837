"""Accepts connections for a runner of aiohttp, and loses none when it stops."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web


@asynccontextmanager
async def listening(runner: web.AppRunner, host: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Accept connections within the block; yield the address and the port. Port 0 takes a free one.

    A server of asyncio that closes drops what it has just accepted and not handed over, and leaves
    the socket open (https://github.com/python/cpython/issues/109564). So it accepts nothing more
    first, and is closed a moment later. The runner's `cleanup` closes the connections.
    """
    if runner.server is None:
        raise RuntimeError("the runner is not set up")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(runner.server, host, port)
    try:
        bound_host, bound_port = server.sockets[0].getsockname()[:2]
        yield bound_host, bound_port
    finally:
        for listener in server.sockets:
            loop.remove_reader(listener.fileno())
        await asyncio.sleep(0)
        server.close()
