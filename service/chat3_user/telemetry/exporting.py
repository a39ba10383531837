"""Exports that fail are reported in one line each; imported only where the SDK is installed."""

import logging
from collections.abc import Sequence
from typing import Final

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

log = logging.getLogger(__name__)

_THEIRS: Final = "opentelemetry.exporter"
"""Whose loggers report every attempt, with words that are filled in later."""


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
