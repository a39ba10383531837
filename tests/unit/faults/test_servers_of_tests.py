"""Servers of tests leave nothing open, whenever in their end a client connects."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, suppress

import pytest
from aiohttp import web
from grpclib.health.service import Health

from support.faults.proxy import Proxy
from support.left_open import nothing_left_open
from support.servers import grpc_server, listening, web_server

_TURNS = 8
"""Of the loop, from a connection to its service, and more."""


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.read(1))
    await reader.read()


async def flood(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(bytes(10_000_000))


SERVERS: list[Callable[[], AbstractAsyncContextManager[int]]] = [
    lambda: listening(echo),
    lambda: listening(flood),
    lambda: grpc_server(Health()),
    lambda: web_server(web.Application()),
]


@pytest.mark.parametrize("server", SERVERS, ids=["echo", "flood", "grpc", "web"])
async def test_who_connects_as_a_server_ends_is_disconnected(
    server: Callable[[], AbstractAsyncContextManager[int]],
) -> None:
    with nothing_left_open():
        clients: list[socket.socket] = []
        for turns in range(_TURNS):
            async with server() as port:
                clients += [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
                for _ in range(turns):
                    await asyncio.sleep(0)
        for client in clients:
            client.settimeout(1)
            with client, suppress(ConnectionError):
                while client.recv(1_000_000):
                    pass


async def test_a_proxy_that_ends_leaves_nothing_open() -> None:
    with nothing_left_open():
        async with listening(echo) as port:
            for turns in range(_TURNS):
                async with Proxy(port).running() as proxy:
                    with socket.create_connection(("127.0.0.1", proxy.port)) as client:
                        client.sendall(b"x")
                        for _ in range(turns):
                            await asyncio.sleep(0)


async def test_a_link_that_is_cancelled_as_it_ends_leaves_nothing_open() -> None:
    with nothing_left_open():
        async with listening(echo) as port:
            for turns in range(3 * _TURNS):
                async with Proxy(port).running() as proxy:
                    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
                    writer.write(b"x")
                    await reader.read(1)
                    writer.close()
                    for _ in range(turns):
                        await asyncio.sleep(0)
