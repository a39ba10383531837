"""Serves the contract: ``python -m reference --port 50061 --tenant-api http://127.0.0.1:3000``."""

import argparse
import asyncio
import signal
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import aio_pika
import aiohttp
import grpc
import uvloop

from reference.service import servicer
from reference.stubs import Stubs, compile_stubs, load_stubs
from reference.upstream import Upstream


async def serve(options: argparse.Namespace, stubs: Stubs) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=256, keepalive_timeout=30),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        )
        broker = None
        if options.rabbitmq:
            broker = await stack.enter_async_context(
                await aio_pika.connect_robust(options.rabbitmq)
            )
        server = grpc.aio.server()
        stubs.grpc.add_UserServiceServicer_to_server(
            servicer(stubs, Upstream(session, options.tenant_api.rstrip("/")), broker), server
        )
        server.add_insecure_port(f"127.0.0.1:{options.port}")
        await server.start()
        await stop.wait()
        await server.stop(grace=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tenant-api", required=True)
    parser.add_argument("--rabbitmq", default="")
    parser.add_argument("--loop", choices=("uvloop", "asyncio"), default="asyncio")
    options = parser.parse_args()
    factory = uvloop.new_event_loop if options.loop == "uvloop" else None
    with tempfile.TemporaryDirectory() as folder:
        compile_stubs(Path(folder))
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(serve(options, load_stubs()))


if __name__ == "__main__":
    main()
