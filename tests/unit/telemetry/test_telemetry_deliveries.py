"""Deliveries: which are traced, as whose children, and what their spans say."""

import json
from typing import Any

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON
from opentelemetry.trace import SpanKind

from chat3_user.mapping.named import named_in
from chat3_user.telemetry import NO_CARRIER, OFF, Carrier, Deliveries, DeliverySpan, Named
from support.recorded_spans import Recording

TRACE, PUBLISHER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED = {"traceparent": f"00-{TRACE}-{PUBLISHER}-01"}
BODY = json.dumps(
    {
        "tenantId": "tnt_one",
        "userId": "bob",
        "entityId": "msg_1",
        "eventId": "evt_1",
        "sourceEventType": "message.create",
        "updateType": "update.message",
        "data": {
            "dialog": {"dialogId": "dlg_1", "meta": {"title": "hunter2"}},
            "message": {"messageId": "msg_1", "dialogId": "dlg_1", "content": "hunter2"},
            "context": {"version": 4},
        },
    }
).encode()


def deliveries(recording: Recording) -> Deliveries:
    made = recording.tracing.deliveries("rabbitmq", "chat3_updates", named_in)
    assert made is not None
    return made


def delivered(recording: Recording, carrier: Carrier = NO_CARRIER) -> DeliverySpan | None:
    span = deliveries(recording).delivery(BODY, carrier)
    if span is not None:
        with span:
            span.handed_to(None)
    return span


def test_a_process_that_does_not_trace_has_none() -> None:
    assert OFF.deliveries("rabbitmq", "chat3_updates", named_in) is None


def test_a_delivery_says_what_was_delivered_and_nothing_of_what_it_carries() -> None:
    recording = Recording()
    assert delivered(recording)
    (span,) = recording.spans
    assert (span.name, span.kind) == ("process chat3_updates", SpanKind.CONSUMER)
    assert span.parent is None
    assert dict(span.attributes or {}) == {
        "messaging.system": "rabbitmq",
        "messaging.destination.name": "chat3_updates",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.message.id": "evt_1",
        "chat3.event.id": "evt_1",
        "chat3.event.type": "message.create",
        "chat3.update.type": "update.message",
        "chat3.tenant.id": "tnt_one",
        "chat3.user.id": "bob",
        "chat3.dialog.id": "dlg_1",
        "chat3.message.id": "msg_1",
        "chat3.streams": 1,
    }
    assert "hunter2" not in span.to_json()


def test_a_delivery_belongs_to_what_its_publisher_named() -> None:
    recording = Recording()
    assert delivered(recording, SAMPLED)
    (span,) = recording.spans
    assert span.parent is not None
    assert format(span.context.trace_id, "032x") == TRACE
    (link,) = span.links
    assert format(span.parent.span_id, "016x") == format(link.context.span_id, "016x") == PUBLISHER


@pytest.mark.parametrize(
    ("carrier", "sampler", "traced"),
    [
        (NO_CARRIER, ALWAYS_ON, True),
        (NO_CARRIER, ALWAYS_OFF, False),
        (SAMPLED, ALWAYS_OFF, False),
        ({"traceparent": f"00-{TRACE}-{PUBLISHER}-00"}, ALWAYS_ON, False),
        ({"traceparent": "what is this"}, ALWAYS_ON, True),
        ({"traceparent": f"00-{'0' * 32}-{PUBLISHER}-00"}, ALWAYS_ON, True),
    ],
)
def test_a_delivery_is_sampled_as_its_publisher_says_else_as_the_sampler_does(
    carrier: Carrier, sampler: Any, *, traced: bool
) -> None:
    recording = Recording(sampler)
    assert (delivered(recording, carrier) is not None) is traced
    assert len(recording.spans) == traced


def test_a_delivery_links_the_streams_that_are_sampled() -> None:
    recording = Recording()
    traces = deliveries(recording)
    assert traces.stream is None
    with recording.tracing.call("s", "m", SAMPLED, "grpc") as call:
        stream = traces.stream
    assert stream is not None
    assert call.trace_id == TRACE
    span = traces.delivery(BODY, NO_CARRIER)
    assert span is not None
    with span:
        span.handed_to(stream)
        span.handed_to(None)
    process = recording.named("process chat3_updates")
    assert (process.attributes or {})["chat3.streams"] == 2
    (link,) = process.links
    assert link.context.span_id == stream.span_id


def test_a_stream_that_is_not_sampled_is_not_linked() -> None:
    recording = Recording(ALWAYS_OFF)
    with recording.tracing.call("s", "m", {}, "grpc"):
        assert deliveries(recording).stream is None


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"\xff"', b'{"data":[]}', b"[" * 5000, b'{"eventId":1}']
)
def test_of_what_cannot_be_read_nothing_is_named(body: bytes) -> None:
    assert named_in(body) == Named()


def test_an_update_without_a_message_names_its_dialog() -> None:
    data = {"dialog": {"dialogId": "dlg_1"}, "message": None, "context": {"version": 4}}
    named = named_in(json.dumps({"eventId": "e", "data": data}).encode())
    assert named == Named(event_id="e", dialog_id="dlg_1")
