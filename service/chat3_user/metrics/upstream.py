"""Metrics of requests to tenant-api."""

from typing import Final

from prometheus_client import Histogram

from chat3_user.metrics.instruments import Instruments

_ERRORS_FROM: Final = 400

Server = tuple[str, str]
"""The address and the port of tenant-api."""


class UpstreamMetrics:
    """Counts requests, retries and what the circuit does; ``circuit_open`` is read when scraped."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("tenant-api")
        http, resilience = "the client of tenant-api", "retries and circuit"
        self._exemplar = instruments.exemplar
        self._seconds = instruments.histogram(
            "http_client_request_duration_seconds",
            "Duration of requests to tenant-api, for each attempt; `error_type` is a"
            " status of 400 or more, or the error if there was no response.",
            "http_request_method",
            "url_template",
            "http_response_status_code",
            "error_type",
            "server_address",
            "server_port",
            source=http,
        )
        self.active = instruments.gauge(
            "http_client_active_requests",
            "Requests to tenant-api in progress.",
            "server_address",
            "server_port",
            source=http,
        )
        self._retries = instruments.counter(
            "chat3_upstream_retries_total",
            "Retries of failed reads: `sent`, or `over_budget` and not sent.",
            "outcome",
            source=resilience,
            at_zero=[("sent",), ("over_budget",)],
        )
        self.circuit_open = instruments.gauge(
            "chat3_upstream_circuit_open",
            "1 while calls are refused because tenant-api seems to be down, 0 otherwise.",
            source=resilience,
        )
        self._openings = instruments.counter(
            "chat3_upstream_circuit_openings_total",
            "How often the circuit breaker opened, including failed probes.",
            source=resilience,
        )
        self._refusals = instruments.counter(
            "chat3_upstream_circuit_refusals_total",
            "Requests that were not sent because the circuit breaker was open.",
            source=resilience,
        )
        self._of: dict[tuple[Server, str, str, int, str], Histogram] = {}

    def requested(
        self, server: Server, method: str, template: str, status: int, problem: str, seconds: float
    ) -> None:
        """Count a request; ``status`` is 0 and ``problem`` says why where no answer came."""
        key = (server, method, template, status, problem)
        found = self._of.get(key)
        if found is None:
            found = self._of[key] = self._bound(*key)
        found.observe(seconds, self._exemplar())

    def retried(self) -> None:
        """Count a read that is sent again."""
        self._retries.labels("sent").inc()

    def over_budget(self) -> None:
        """Count a read that is not sent again: too many others are."""
        self._retries.labels("over_budget").inc()

    def circuit_opened(self) -> None:
        """Count that the circuit opened."""
        self._openings.inc()

    def circuit_refused(self) -> None:
        """Count a request that was not sent."""
        self._refusals.inc()

    def _bound(
        self, server: Server, method: str, template: str, status: int, problem: str
    ) -> Histogram:
        code = str(status) if status else ""
        error = problem or (code if status >= _ERRORS_FROM else "")
        return self._seconds.labels(method, template, code, error, *server)
