"""Metrics of idempotency, and of the stores that workers share."""

from typing import Final, Literal, get_args

from prometheus_client import Histogram

from chat3_user.metrics.instruments import Instruments

_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 10)

IdempotencyOutcome = Literal[
    "written",
    "replayed",
    "found",
    "key_reused",
    "unknown",
    "failed",
    "store_unavailable",
    "cancelled",
]


class IdempotencyMetrics:
    """Counts what became of writes that are made once."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Idempotency")
        self._outcomes = instruments.counter(
            "chat3_idempotent_writes_total",
            "Writes with an idempotency key, and those that one call at a time may make, by"
            " outcome: `written` now; `replayed`, the answer was kept; `found`, an earlier attempt"
            " of unknown outcome had written; `key_reused` for another request, refused; `unknown`,"
            " nobody can say yet; `failed`, nothing was written; `store_unavailable`, refused;"
            " `cancelled`, the caller's deadline passed or the caller left.",
            "outcome",
            source="idempotency",
            at_zero=[(outcome,) for outcome in get_args(IdempotencyOutcome)],
        )

    def ended(self, outcome: IdempotencyOutcome) -> None:
        """Count a write."""
        self._outcomes.labels(outcome).inc()


class StoreMetrics:
    """Measures operations of stores."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Stores")
        self._seconds = instruments.histogram(
            "db_client_operation_duration_seconds",
            "Duration of operations of the store of idempotency keys (`claim`, `renew`, `finish`,"
            " `release`, `forget`, `abandon`) and of the shared rates (`spend`).",
            "db_system_name",
            "db_operation_name",
            "error_type",
            source="the stores",
            buckets=_BUCKETS,
        )
        self._of: dict[tuple[str, str, str], Histogram] = {}

    def operated(self, system: str, operation: str, seconds: float, error: str = "") -> None:
        """Count an operation; ``error`` is the name of the exception it ended with."""
        key = (system, operation, error)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = self._seconds.labels(*key)
        found.observe(seconds)
