"""From a send to the stream of another user, as a real receiver of OTLP gets it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from edge_vocabulary import IDENTITY, demo
from integration_vocabulary import Client
from traces_vocabulary import (
    LINKED,
    LIST,
    POST,
    PROCESS,
    PUBLISH,
    SEND,
    SERVICE,
    SUBSCRIBE,
    UNLINKED,
    a_message_to_bob,
    delivery_to_bob,
    story_of,
    traced_upstream,
    two_workers,
)

from chat3_api.chat3.user import v1 as pb
from chat3_embedded.demo import ALICE_BOB
from chat3_user.telemetry import opened
from support.gateway import Upstream, metadata, run_gateway
from support.otlp import Received, Receiver, receiving
from support.rabbitmq import RabbitMQ
from support.recorded_spans import Recording
from support.trace_picture import picture, titles

pytestmark = pytest.mark.timeout(600)

CALLS = 24


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def variables(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Have the exporter of this process, which reads the environment, export to the receiver."""
    for name, value in receiver.environment.items():
        monkeypatch.setenv(name, value)
    return receiver.environment


async def test_a_send_and_what_another_users_stream_gets_are_one_trace(
    receiver: Receiver, rabbitmq: RabbitMQ, tmp_path: Path
) -> None:
    """Two workers trace, and export at their end what has not gone out by then: here, all."""
    never = {**receiver.environment, "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
    async with (
        traced_upstream(rabbitmq, receiver) as upstream,
        two_workers(upstream, rabbitmq, tmp_path, **never) as workers,
    ):
        sent = await a_message_to_bob(workers.address, upstream)
        for _ in range(CALLS):
            # Every connection is of one worker, whichever the kernel chose.
            async with Client(workers.address) as client:
                await client.with_metadata(metadata("alice")).call(pb.GetUserDialogsRequest())
        assert not [span for span in receiver.spans if span.service == SERVICE]
        await workers.end()
        delivery = await delivery_to_bob(receiver, sent)
        (send,) = await receiver.named(SEND, chat3_message_id=sent.message_id)
        (stream,) = await receiver.named(SUBSCRIBE, chat3_user_id="bob")
        (posted,) = await receiver.wait(lambda span: span.name == POST)
        (published,) = await receiver.wait(lambda span: span.span_id == delivery.parent_id)
        (claimed,) = await receiver.named("claim", db_system_name="sqlite")
        lists = await receiver.named(LIST, CALLS)
        story = await story_of(receiver, sent)
    assert titles(LINKED.read_text()) == titles(picture("", story)), "run `make trace-pictures`"
    assert len({span.pid for span in lists}) == 2
    assert workers.process.pid not in {span.pid for span in lists}
    by_id = {span.span_id: span for span in receiver.spans}
    assert [span.service for span in (send, posted, published, delivery)] == [
        SERVICE,
        SERVICE,
        "tenant-api",
        SERVICE,
    ]
    assert published.name == PUBLISH
    assert ancestors(delivery, by_id) == [published.span_id, posted.span_id, send.span_id]
    assert {span.trace_id for span in (send, posted, published, delivery)} == {sent.trace_id}
    assert send.parent_id == sent.span_id
    assert claimed.parent_id == send.span_id
    links = {link.attributes["chat3.link"]: link for link in delivery.links}
    assert links["creation"].span_id == published.span_id
    assert (links["stream"].trace_id, links["stream"].span_id) == (stream.trace_id, stream.span_id)
    assert send.start <= posted.start <= published.start <= delivery.start <= delivery.end
    assert delivery.end < stream.end
    assert not any(span.failed for span in receiver.spans)
    assert "a secret text" not in str(receiver.spans)


def ancestors(span: Received, by_id: dict[str, Received]) -> list[str]:
    found: list[str] = []
    while (parent := by_id.get(span.parent_id)) is not None:
        found.append(parent.span_id)
        span = parent
    return found


async def test_without_the_platforms_help_the_message_id_joins_both_traces(
    receiver: Receiver, upstream: Upstream, rabbitmq: RabbitMQ, variables: dict[str, str]
) -> None:
    async with (
        opened(variables) as tracing,
        run_gateway(upstream.url, rabbitmq.url, tracing=tracing) as gateway,
    ):
        sent = await a_message_to_bob(gateway.address, upstream)
        delivery = await delivery_to_bob(receiver, sent)
        (send,) = await receiver.named(SEND, chat3_message_id=sent.message_id)
        (stream,) = await receiver.named(SUBSCRIBE, chat3_user_id="bob")
        story = await story_of(receiver, sent)
    assert titles(UNLINKED.read_text()) == titles(picture("", story)), "run `make trace-pictures`"
    assert delivery.trace_id != send.trace_id
    assert not delivery.parent_id
    assert delivery.attributes["chat3.dialog.id"] == send.attributes["chat3.dialog.id"]
    assert delivery.attributes["messaging.message.id"].startswith("evt_")
    (link,) = delivery.links
    assert (link.trace_id, link.span_id) == (stream.trace_id, stream.span_id)


async def test_what_the_caller_does_not_sample_leaves_no_span_anywhere(
    receiver: Receiver, rabbitmq: RabbitMQ, variables: dict[str, str]
) -> None:
    async with (
        opened(variables) as tracing,
        traced_upstream(rabbitmq, receiver) as upstream,
        run_gateway(upstream.url, rabbitmq.url, tracing=tracing) as gateway,
    ):
        unsampled = await a_message_to_bob(gateway.address, upstream, sampled=False)
        sampled = await a_message_to_bob(gateway.address, upstream)
        await delivery_to_bob(receiver, sampled)
        await receiver.named(SEND)
    assert unsampled.trace_id not in {span.trace_id for span in receiver.spans}
    assert unsampled.message_id not in str(receiver.spans)


async def test_a_delivery_is_exported_while_the_streams_that_got_it_go_on(
    receiver: Receiver, rabbitmq: RabbitMQ, variables: dict[str, str]
) -> None:
    async with (
        opened(variables) as tracing,
        traced_upstream(rabbitmq, receiver) as upstream,
        run_gateway(upstream.url, rabbitmq.url, tracing=tracing) as gateway,
        Client(gateway.address) as client,
    ):
        upstream.dialog("bob")
        async with client.as_user("bob").subscribed():
            sent = await a_message_to_bob(gateway.address, upstream)
            delivery = await delivery_to_bob(receiver, sent)
            streams = [link for link in delivery.links if link.attributes["chat3.link"] == "stream"]
            assert len(streams) == delivery.attributes["chat3.streams"] == 2


async def test_the_demo_shows_one_trace_without_any_server() -> None:
    recording = Recording()
    identity = {**IDENTITY, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    async with (
        demo(tracing=recording.tracing) as service,
        Client(f"127.0.0.1:{service.grpc_port}") as client,
    ):
        alice = client.with_metadata(identity)
        async with client.with_metadata({**IDENTITY, "x-user-id": "bob"}).subscribed() as bob:
            await alice.call(pb.SendMessageRequest(dialog_id=ALICE_BOB, content="hello"))
            await bob.update_of(pb.UpdateKind.MESSAGE_CREATED)
    names = {span.name for span in recording.spans if span.context.trace_id == int("a" * 32, 16)}
    assert {SEND, POST, PROCESS} <= names
