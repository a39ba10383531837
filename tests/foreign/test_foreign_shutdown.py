"""A client of another language's making is sent elsewhere when a process is stopped."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from support.foreign import ForeignClient, ForeignFailureError, grpcio_command
from support.gateway import Upstream, metadata, run_gateway
from support.rabbitmq import RabbitMQ


async def test_a_stream_ends_with_its_reason_and_its_token(
    upstream: Upstream, rabbitmq: RabbitMQ, stubs: Path
) -> None:
    upstream.dialog("alice")
    async with AsyncExitStack() as service:
        gateway = await service.enter_async_context(run_gateway(upstream.url, rabbitmq.url))
        async with ForeignClient(grpcio_command(stubs), gateway.address) as client:
            stream = await client.subscribe(metadata("alice"))
            stopping = asyncio.create_task(service.aclose())
            with pytest.raises(ForeignFailureError) as caught:
                await stream.next()
            ended = caught.value
            await stopping
    assert (ended.code, ended.reason) == ("UNAVAILABLE", "SHUTTING_DOWN")
    assert ended.details.keys() == {"ErrorInfo", "RetryInfo", "RequestInfo"}
    assert ended.details["ErrorInfo"]["metadata"]["resume_token"]
