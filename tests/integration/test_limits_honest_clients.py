"""Clients that keep the advertised limits are never refused, whatever their concurrency."""

import asyncio

import pytest
from edge_vocabulary import demo
from strict_client import StrictClient


@pytest.mark.parametrize("at_once", [90, 100])
async def test_a_client_that_keeps_the_limit_is_never_refused(at_once: int) -> None:
    async with demo() as service:
        # In a thread of its own: in the service's loop the client would never be quick enough.
        client = StrictClient(1500, at_once)
        outcomes = await asyncio.to_thread(asyncio.run, client.run(service.grpc_port))
    assert outcomes == {"0": 1500}
