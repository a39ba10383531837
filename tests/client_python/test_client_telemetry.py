"""Each attempt is a span, whose context reaches the service; hooks see and may add metadata."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from client_scripted_service import Scripted, connected, failure, streaming
from grpclib.const import Status
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from chat3_api.chat3.user import v1 as pb
from chat3_client import Attempt
from chat3_client.telemetry import tracing

DIALOG = "dlg_aaaaaaaaaaaaaaaaaaaa"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter: InMemorySpanExporter) -> Iterator[TracerProvider]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


async def test_every_attempt_is_a_span_below_the_callers(
    scripted: Scripted, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    scripted.then("SendMessage", failure(Status.UNAVAILABLE, "OVERLOADED", retry=0.001))
    scripted.then("SendMessage", pb.SendMessageResponse())
    async with scripted.client(hooks=[tracing(provider)]) as chat:
        with provider.get_tracer("test").start_as_current_span("work") as work:
            await chat.send_message(DIALOG, "a secret")
    first, second, _ = exporter.get_finished_spans()
    for span, call in zip((first, second), scripted.calls, strict=True):
        assert span.name == "chat3.user.v1.UserService/SendMessage"
        assert span.kind is SpanKind.CLIENT
        assert span.parent is not None
        assert span.context is not None
        assert span.parent.span_id == work.get_span_context().span_id
        assert f"{span.context.span_id:016x}" in call.metadata["traceparent"]
        assert "secret" not in str(dict(span.attributes or {}))
    assert first.status.status_code is StatusCode.ERROR
    assert first.status.description == "ERROR_REASON_OVERLOADED"
    assert second.status.status_code is not StatusCode.ERROR
    assert dict(second.attributes or {})["rpc.grpc.attempt"] == 2


async def test_a_stream_is_a_span_from_its_opening_to_its_end(
    scripted: Scripted, provider: TracerProvider, exporter: InMemorySpanExporter
) -> None:
    scripted.then("SubscribeUpdates", streaming(connected()))
    async with scripted.client(hooks=[tracing(provider)]) as chat, chat.updates() as stream:
        await anext(stream)
        assert exporter.get_finished_spans() == ()
    (span,) = exporter.get_finished_spans()
    assert span.name == "chat3.user.v1.UserService/SubscribeUpdates"
    assert "traceparent" in scripted.calls[0].metadata


async def test_a_hook_adds_metadata_and_sees_the_answer(scripted: Scripted) -> None:
    seen: list[Attempt] = []

    @contextmanager
    def hook(attempt: Attempt) -> Iterator[None]:
        attempt.metadata["x-request-id"] = "mine"
        yield
        seen.append(attempt)

    scripted.then("GetDialog", pb.GetDialogResponse())
    async with scripted.client(hooks=[hook]) as chat:
        await chat.get_dialog(DIALOG)
    assert scripted.calls[0].metadata["x-request-id"] == "mine"
    (attempt,) = seen
    assert (attempt.number, attempt.address) == (1, scripted.address)
    assert attempt.answer.trailers == {}
