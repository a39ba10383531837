"""Streams that end together are asked back one after the other."""

from contextlib import AsyncExitStack
from itertools import pairwise

import pytest
from integration_vocabulary import Client

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import pacing, reasons
from support.gateway import Gateway, Upstream

STREAMS = 6


async def test_a_worker_that_stops_asks_its_streams_back_in_turns(
    client: Client, gateway: Gateway, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A turn every three seconds: far more than what comes before it.
    monkeypatch.setattr(pacing, "RETURNS_PER_SECOND", 1 / 3)
    async with AsyncExitStack() as stack:
        streams = []
        for number in range(STREAMS):
            upstream.store.add_user("tnt_one", f"user{number}")
            caller = client.as_user(f"user{number}", tenant="tnt_one")
            streams.append(await stack.enter_async_context(caller.subscribed()))
        gateway.running.hub.end_streams(lambda: reasons.shutting_down(0.5))
        ended = [await stream.failure() for stream in streams]
    assert {failure.reason for failure in ended} == {pb.ErrorReason.SHUTTING_DOWN}
    delays = sorted(failure.retry_after for failure in ended)
    assert delays[0] == pytest.approx(3.5, abs=1.5)
    gaps = [later - sooner for sooner, later in pairwise(delays)]
    assert min(gaps) > 1.5
