"""A platform that takes part in traces: each update is published in a span of its own."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from opentelemetry import propagate
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Tracer, set_span_in_context

from chat3_embedded.publishing import UpdatePublisher


@asynccontextmanager
async def traced_by(receiver_url: str, service: str) -> AsyncIterator[Tracer]:
    """Trace a service that is played in this process; its spans go to the receiver."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": service}), shutdown_on_exit=False
    )
    exporter = OTLPSpanExporter(f"{receiver_url}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=50))
    try:
        yield provider.get_tracer("tests")
    finally:
        # The receiver may be in this loop.
        await asyncio.to_thread(provider.shutdown)


class TracedPublisher:
    """Publishes by another publisher, each update as a child of the request that caused it."""

    def __init__(self, publisher: UpdatePublisher, tracer: Tracer) -> None:
        self._publisher = publisher
        self._tracer = tracer

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        context = propagate.extract(headers)
        with self._tracer.start_as_current_span(
            "publish chat3_updates",
            context,
            SpanKind.PRODUCER,
            {
                "messaging.system": "rabbitmq",
                "messaging.destination.name": "chat3_updates",
                "messaging.operation.name": "publish",
                "messaging.operation.type": "send",
            },
        ) as span:
            carried = dict(headers)
            if "traceparent" in headers:
                propagate.inject(carried, set_span_in_context(span, context))
            await self._publisher.publish(routing_key, body, carried, timestamp_ms)
