"""Ends servers of asyncio without losing what they have accepted."""

import asyncio


async def stop_accepting(server: asyncio.Server) -> None:
    """Accept nothing more, so that ``server`` can be closed.

    What a server of asyncio has accepted and not yet announced when it closes is left open.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    # What was accepted is attached to the server in the loop's next turn.
    await asyncio.sleep(0)
