"""Tracing into memory: what a test looks at when no exporter is needed."""

from dataclasses import dataclass, field
from functools import cached_property

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import DEFAULT_ON, Sampler

from chat3_user.telemetry.early import Early
from chat3_user.telemetry.exporting import DrawnIds
from chat3_user.telemetry.otel import OtelTracing


@dataclass
class Recording:
    """A tracer provider of a test's own, and the spans that have ended.

    With ``share`` it is known ahead which new traces the sampler takes.
    """

    sampler: Sampler = DEFAULT_ON
    share: float | None = None
    _exporter: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    @cached_property
    def tracing(self) -> OtelTracing:
        ids = DrawnIds()
        provider = TracerProvider(self.sampler, shutdown_on_exit=False, id_generator=ids)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        early = None if self.share is None else Early(self.share, ids.begin)
        return OtelTracing(provider.get_tracer("test"), early)

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self._exporter.get_finished_spans()

    def named(self, name: str) -> ReadableSpan:
        """Return the one span of a name."""
        (span,) = (span for span in self.spans if span.name == name)
        return span
