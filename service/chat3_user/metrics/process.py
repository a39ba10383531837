"""Metrics of the process: what it uses, how late its event loop is, whether it is ready."""

from typing import Final

from chat3_user.metrics.instruments import Instruments

_LAG: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class ProcessMetrics:
    """Gauges are read when scraped; the lag of the event loop is measured by who watches it."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Process")
        system, health = "the operating system", "readiness"
        self.info = instruments.gauge(
            "target_info",
            "1; its labels have the name and the version of the service.",
            "service_name",
            "service_version",
            source="the package",
        )
        self.ready = instruments.gauge(
            "chat3_ready",
            "1 while `/readyz` returns 200 (ready or degraded), 0 otherwise.",
            source=health,
        )
        self.problems = instruments.gauge(
            "chat3_problem",
            "1 for each component in `/readyz` that makes the worker degraded or not ready.",
            "problem",
            source=health,
        )
        self.restarts = instruments.kept(
            "chat3_worker_restarts_total",
            "How often the parent of several workers restarted this worker, by cause: `exited`,"
            " its process had ended; `stalled`, it gave no sign of life for"
            " `WORKER_STALL_TIMEOUT`.",
            "cause",
            source="the parent",
        )
        self.cpu = instruments.kept(
            "process_cpu_time_seconds_total",
            "CPU time that the process has used.",
            "cpu_mode",
            source=system,
        )
        self.memory = instruments.gauge(
            "process_memory_usage_bytes",
            "Physical memory that the process uses (RSS).",
            source=system,
        )
        self.descriptors = instruments.gauge(
            "process_unix_file_descriptor_count",
            "Open file descriptors of the process.",
            source=system,
        )
        self.descriptors_limit = instruments.gauge(
            "chat3_file_descriptors_limit",
            "Most file descriptors that the process may have open.",
            source=system,
        )
        self.uptime = instruments.gauge(
            "process_uptime_seconds",
            "Time since the process started.",
            source=system,
        )
        self._lag = instruments.histogram(
            "chat3_event_loop_lag_seconds",
            "How late the event loop ran due tasks, measured four times a second.",
            source="the event loop",
            buckets=_LAG,
        )

    def loop_was_late(self, seconds: float) -> None:
        """Note a lag of the event loop."""
        self._lag.observe(seconds)
