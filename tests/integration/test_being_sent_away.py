"""Streams that end together are asked back one after the other."""

from contextlib import AsyncExitStack

import pytest
from integration_vocabulary import Client

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import chain
from chat3_user.errors import RetryPacing, pacing, reasons
from support.gateway import Upstream, run_gateway

pytestmark = pytest.mark.broker("in_process")

STREAMS = 6


async def test_a_worker_that_stops_asks_its_streams_back_in_turns(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "RETURNS_PER_SECOND", 1 / 3)
    # All of them end in the same moment, however long that takes.
    monkeypatch.setattr(chain, "RetryPacing", lambda: RetryPacing(lambda: 0.0))
    async with AsyncExitStack() as stack:
        gateway = await stack.enter_async_context(run_gateway(upstream.url, ""))
        client = await stack.enter_async_context(Client(gateway.address))
        streams = []
        for number in range(STREAMS):
            upstream.store.add_user("tnt_one", f"user{number}")
            caller = client.as_user(f"user{number}", tenant="tnt_one")
            streams.append(await stack.enter_async_context(caller.subscribed()))
        gateway.running.hub.end_streams(lambda: reasons.shutting_down(0.5))
        ended = [await stream.failure() for stream in streams]
    assert {failure.reason for failure in ended} == {pb.ErrorReason.SHUTTING_DOWN}
    delays = sorted(failure.retry_after for failure in ended)
    assert delays == pytest.approx([0.5 + 3 * turn for turn in range(1, STREAMS + 1)])
