"""Which updates have a span on their way to streams: those that go to one, each once."""

from opentelemetry.sdk.trace import ReadableSpan

from chat3_user.mapping.named import named_in
from support.hub import Puppet, Reader, a_hub
from support.recorded_spans import Recording

PUBLISHED = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}


def traced(recording: Recording) -> dict[str, ReadableSpan]:
    """Return the spans by the events of their updates."""
    return {str((span.attributes or {})["chat3.event.id"]): span for span in recording.spans}


async def test_updates_of_users_without_a_stream_have_none() -> None:
    recording = Recording()
    traces = recording.tracing.deliveries("test", "updates", named_in)
    async with a_hub(traces=traces) as (hub, broker):
        alice = await Reader.open(hub)
        await broker.update(1, "alice")
        await broker.update(2, "bob")
        await alice.has(1)
        assert list(traced(recording)) == ["1"]
        await alice.close()
        await broker.update(3, "alice")
    assert list(traced(recording)) == ["1"]


async def test_what_the_broker_delivers_again_has_no_second_one() -> None:
    recording = Recording()
    traces = recording.tracing.deliveries("test", "updates", named_in)
    async with a_hub(traces=traces) as (hub, broker):
        alice = await Reader.open(hub)
        await broker.update(1)
        broker.flow(again=1)
        await alice.has(1)
        assert len(recording.spans) == 1
        await alice.close()


async def test_streams_of_a_user_share_one_and_are_counted() -> None:
    recording = Recording()
    traces = recording.tracing.deliveries("test", "updates", named_in)
    async with a_hub(traces=traces) as (hub, broker):
        readers = [await Reader.open(hub) for _ in range(3)]
        await broker.update(1)
        for reader in readers:
            await reader.has(1)
            await reader.close()
    (span,) = recording.spans
    assert (span.attributes or {})["chat3.streams"] == 3


async def test_what_waits_for_a_recovery_keeps_its_trace() -> None:
    recording = Recording()
    traces = recording.tracing.deliveries("test", "updates", named_in)
    async with a_hub(traces=traces) as (hub, broker):
        alice = await Reader.open(hub)
        broker.sink.lost()
        await held(broker, 1)
        assert not recording.spans
        broker.sink.regained(complete=True)
        await alice.has(1)
        await alice.close()
    assert format(traced(recording)["1"].context.trace_id, "032x") == "a" * 32


async def held(broker: Puppet, number: int) -> None:
    """Deliver an update with a trace context."""
    broker.flowing = False
    await broker.update(number)
    body = broker.queue.pop()
    broker.sink.delivered(body, PUBLISHED)
