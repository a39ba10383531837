"""What happens to connections that come as the listener closes."""

import asyncio
import gc
import socket

import pytest

from chat3_user.metrics import Metrics
from chat3_user.transport.limits import ConnectionLimits
from chat3_user.transport.listener import Listener


async def _connect(port: int) -> None:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


@pytest.mark.parametrize("turns", range(8))
async def test_no_socket_is_left_of_clients_who_come_as_the_listener_closes(turns: int) -> None:
    for _ in range(20):
        listener = Listener({}, ConnectionLimits(), Metrics().transport)
        sock = socket.create_server(("127.0.0.1", 0))
        await listener.listen(sock, tls=None)
        port = sock.getsockname()[1]
        async with asyncio.TaskGroup() as clients:
            for _ in range(8):
                clients.create_task(_connect(port))
            for _ in range(turns):
                await asyncio.sleep(0)
            await listener.drain(0)
            await listener.close()
    # A socket that was left open warns here, and warnings are errors.
    gc.collect()
