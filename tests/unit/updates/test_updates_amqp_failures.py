"""What aiormq makes of a dying broker is one failure to everybody behind it."""

import asyncio

import pytest
from aiormq.exceptions import AMQPConnectionError, ChannelClosed

from chat3_user.updates.amqp.failures import unavailable
from chat3_user.updates.broker import BrokerUnavailableError


@pytest.mark.parametrize(
    "error",
    [
        AMQPConnectionError("gone"),
        ChannelClosed(None, "gone"),
        ConnectionResetError(),
        TimeoutError(),
        RuntimeError("closed"),
        asyncio.InvalidStateError(),
        asyncio.CancelledError(),
    ],
)
async def test_whatever_aiormq_raises_the_broker_is_unavailable(error: BaseException) -> None:
    with pytest.raises(BrokerUnavailableError), unavailable():
        raise error


async def test_who_is_cancelled_by_its_owner_is_cancelled() -> None:
    async def waits() -> None:
        with unavailable():
            await asyncio.Event().wait()

    task = asyncio.create_task(waits())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
