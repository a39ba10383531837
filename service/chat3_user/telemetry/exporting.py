"""Exports that fail are reported in one line each; ids are drawn ahead. Both need the SDK."""

import logging
from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

log = logging.getLogger(__name__)

_THEIRS: Final = "opentelemetry.exporter"
"""Whose loggers report every attempt, with words that are filled in later."""


class DrawnIds(RandomIdGenerator):
    """Gives the next trace the id that was drawn for it, if one was; all other ids are random."""

    def __init__(self) -> None:
        self._drawn = 0

    def begin(self, trace_id: int) -> None:
        """Give the trace that begins next this id."""
        self._drawn = trace_id

    def generate_trace_id(self) -> int:
        """Return the id of a new trace."""
        drawn, self._drawn = self._drawn, 0
        return drawn or super().generate_trace_id()


class ReportedExporter(SpanExporter):
    """Exports by another exporter, ``name``, and reports what did not arrive."""

    def __init__(self, exporter: SpanExporter, name: str) -> None:
        logging.getLogger(_THEIRS).setLevel(logging.CRITICAL)
        self._exporter = exporter
        self._name = name

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Export spans."""
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            log.warning(
                "spans were not exported", extra={"exporter": self._name, "spans": len(spans)}
            )
        return result

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Export what it holds."""
        return self._exporter.force_flush(timeout_millis)
