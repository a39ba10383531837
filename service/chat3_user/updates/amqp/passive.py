"""What the broker has, asked without making anything."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import ChannelNotFoundEntity


async def queue_exists(connection: AbstractConnection, name: str) -> bool:
    """Return whether there is such a queue, on a node that is there."""
    return await _exists(connection, lambda channel: channel.queue_declare(name, passive=True))


async def exchange_exists(connection: AbstractConnection, name: str) -> bool:
    """Return whether there is such an exchange."""
    return await _exists(connection, lambda channel: channel.exchange_declare(name, passive=True))


async def _exists(
    connection: AbstractConnection, declare: Callable[[AbstractChannel], Awaitable[Any]]
) -> bool:
    channel = await connection.channel()
    try:
        await declare(channel)
    except ChannelNotFoundEntity:
        # The broker has closed the channel.
        return False
    await channel.close()
    return True
