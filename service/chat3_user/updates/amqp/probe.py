"""A message that shows whether an exchange has a binding: AMQP 0-9-1 cannot be asked for one."""

import secrets

from aiormq.abc import AbstractChannel
from aiormq.exceptions import PublishError


async def is_bound(channel: AbstractChannel, exchange: str, key: str) -> bool:
    """Return whether a queue is bound to ``key``; it gets the message, whose body no other has."""
    body = b"probe " + secrets.token_hex(16).encode()
    try:
        await channel.basic_publish(body, exchange=exchange, routing_key=key, mandatory=True)
    except PublishError:
        return False
    return True
