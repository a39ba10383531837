"""Metrics of calls: how many, how they ended, how long they took."""

from prometheus_client import Counter, Histogram

from chat3_user.finished_call import FinishedCall
from chat3_user.metrics.instruments import Instruments

_SYSTEMS = {"connect": "connectrpc"}


class CallMetrics:
    """Counts finished calls; ``open`` is read when scraped."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Calls")
        self._exemplar = instruments.exemplar
        self._seconds = instruments.histogram(
            "rpc_server_call_duration_seconds",
            "Duration of calls, from the complete request to the end of the response; for"
            " streams, from their opening to their end.",
            "rpc_system_name",
            "rpc_method",
            "rpc_response_status_code",
            source="the call chain",
        )
        self._calls = instruments.counter(
            "chat3_calls_total",
            "Calls that ended, by status and reason.",
            "chat3_protocol",
            "rpc_method",
            "rpc_response_status_code",
            "error_type",
            source="the call chain",
        )
        self.open = instruments.gauge(
            "chat3_calls_open",
            "Admitted calls in progress: `unary`, or `stream` for calls with streamed responses.",
            "kind",
            source="admission",
        )
        self._of: dict[tuple[str, str, str, str], tuple[Histogram, Counter]] = {}

    def finished(self, call: FinishedCall) -> None:
        """Count a finished call."""
        key = (call.protocol, call.path, call.status, call.reason)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = self._bound(*key)
        seconds, calls = found
        seconds.observe(call.seconds, self._exemplar())
        calls.inc()

    def _bound(
        self, protocol: str, path: str, status: str, reason: str
    ) -> tuple[Histogram, Counter]:
        method, system = path.removeprefix("/"), _SYSTEMS.get(protocol, "grpc")
        return (
            self._seconds.labels(system, method, status),
            self._calls.labels(protocol, method, status, reason),
        )
