"""Metrics of the broker and of the updates log behind it."""

from chat3_user.metrics.instruments import Instruments


class BrokerMetrics:
    """Counts sessions and reads of the log; the rest is read when scraped."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Broker and updates log")
        self.live = instruments.gauge(
            "chat3_broker_live",
            "1 while the worker gets updates from the broker, 0 otherwise.",
            source="the hub",
        )
        self._sessions = instruments.counter(
            "chat3_broker_sessions_total",
            "Sessions with the broker: `begun`, `lost` afterwards, or `failed` to begin.",
            "event",
            source="the broker's supervisor",
            at_zero=[("begun",), ("lost",), ("failed",)],
        )
        self.consumed = instruments.kept(
            "messaging_client_consumed_messages_total",
            "Updates that arrived from the broker, for any user.",
            "messaging_system",
            "messaging_operation_name",
            source="the dispatcher",
        )
        self.unreadable = instruments.kept(
            "chat3_updates_unreadable_total",
            "Updates that could not be read, so streams may lack them.",
            source="the feeds",
        )
        self.held = instruments.gauge(
            "chat3_updates_held",
            "Updates that wait while feeds catch up after an outage of the broker.",
            source="the dispatcher",
        )
        self.log_available = instruments.gauge(
            "chat3_updates_log_available",
            "1 while streams can resume from the updates log, 0 otherwise.",
            source="the broker's supervisor",
        )
        self.entries_read = instruments.kept(
            "chat3_updates_log_entries_read_total",
            "Entries of the updates log that were read for streams that catch up"
            " (`resume`), or once for all streams of whole tenants (`tail`).",
            "reader",
            source="the updates log",
        )
        self._log_read = instruments.histogram(
            "chat3_updates_log_read_seconds",
            "Duration of shared reads of the updates log for all streams that wait to resume.",
            source="the shared read of the log",
        )

    def session_begun(self) -> None:
        """Count a session from which updates flow."""
        self._sessions.labels("begun").inc()

    def session_lost(self) -> None:
        """Count a session that ended after it had begun."""
        self._sessions.labels("lost").inc()

    def session_failed(self) -> None:
        """Count a session that never began."""
        self._sessions.labels("failed").inc()

    def log_read(self, seconds: float) -> None:
        """Count a read for streams that wait."""
        self._log_read.observe(seconds)
