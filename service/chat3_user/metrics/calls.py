"""Metrics of calls: how many, how they ended, how long they took."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import Counter, Histogram

from chat3_user.finished_call import FAULTS, SERVER_ERRORS, FinishedCall
from chat3_user.metrics.instruments import Instruments

_SYSTEMS: Final = {"connect": "connectrpc"}
_STREAMS: Final = ("Subscribe", "Watch")
"""How the names of methods with streamed responses begin."""


class _Sum:
    """Calls of one outcome; without a lock, for one thread counts."""

    __slots__ = ("calls",)

    def __init__(self) -> None:
        self.calls = 0


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
            "error_type",
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
        unary = instruments.kept(
            "chat3_unary_calls_total",
            "Calls with one response that ended: `failed` by the fault of the service or the"
            " platform (`UNAVAILABLE`, `INTERNAL`, `UNKNOWN`, `DATA_LOSS`, `DEADLINE_EXCEEDED`), or"
            " `answered`, with an error of the caller's, too.",
            "outcome",
            source="the call chain",
        )
        unary.read_each(self._outcomes)
        self._answered, self._failed = _Sum(), _Sum()
        self.open = instruments.gauge(
            "chat3_calls_open",
            "Admitted calls in progress: `unary`, or `stream` for calls with streamed responses.",
            "kind",
            source="admission",
        )
        self._of: dict[tuple[str, str, str, str], tuple[Histogram, Counter, _Sum]] = {}

    def finished(self, call: FinishedCall) -> None:
        """Count a finished call."""
        key = (call.protocol, call.path, call.status, call.reason)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = self._bound(*key)
        seconds, calls, outcome = found
        seconds.observe(call.seconds, self._exemplar())
        calls.inc()
        outcome.calls += 1

    def _bound(
        self, protocol: str, path: str, status: str, reason: str
    ) -> tuple[Histogram, Counter, _Sum]:
        method, system = path.removeprefix("/"), _SYSTEMS.get(protocol, "grpc")
        if method.rpartition("/")[2].startswith(_STREAMS):
            outcome = _Sum()
        else:
            outcome = self._failed if status in FAULTS else self._answered
        return (
            self._seconds.labels(system, method, status, status if status in SERVER_ERRORS else ""),
            self._calls.labels(protocol, method, status, reason),
            outcome,
        )

    def _outcomes(self) -> Mapping[tuple[str, ...], float]:
        return {("answered",): self._answered.calls, ("failed",): self._failed.calls}
