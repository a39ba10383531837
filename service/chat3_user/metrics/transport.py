"""Metrics of connections and of what is refused before it is a call."""

from chat3_user.metrics.instruments import Instruments


class TransportMetrics:
    """Counts connections and refusals; ``connections`` and ``buffered`` are read when scraped."""

    def __init__(self, instruments: Instruments) -> None:
        instruments.about("Connections and buffers")
        self.connections = instruments.gauge(
            "chat3_connections_open",
            "Open connections of clients.",
            "network_protocol_version",
            source="the listener",
        )
        self._opened = instruments.counter(
            "chat3_connections_opened_total",
            "Client connections that were accepted.",
            "network_protocol_version",
            source="the listener",
            at_zero=[("2",), ("1.1",), ("",)],
        )
        self._ended = instruments.counter(
            "chat3_connections_ended_total",
            "Client connections that ended, by cause: `client` if the client closed it,"
            " `age` or `drain` if the service did; others are kinds of"
            " `chat3_refused_total`.",
            "cause",
            source="the listener",
            at_zero=[("client",), ("age",), ("drain",)],
        )
        self._refused = instruments.counter(
            "chat3_refused_total",
            "Connections, requests and frames that were refused before they became calls, by kind.",
            "kind",
            source="the transport",
        )
        self.certificate = instruments.gauge(
            "chat3_certificate_expiry_timestamp_seconds",
            "Unix time at which the certificate of the listener, or one of its chain, expires.",
            source="the listener",
        )
        self.buffered = instruments.gauge(
            "chat3_buffered_bytes",
            "Bytes held in memory, by what holds them: `requests` that are not whole, answers that"
            " clients have not read (`answers`), updates that wait for clients to read, by kind of"
            " stream (`user_streams`, `watch_streams`, `tenant_streams`), what users' feeds"
            " remember (`feeds`), what was read of the log for streams that resume (`replays`).",
            "holder",
            source="the transport, the hub",
        )

    def opened(self, version: str) -> None:
        """Count a connection that was taken in; ``version`` is that of HTTP."""
        self._opened.labels(version).inc()

    def ended(self, cause: str) -> None:
        """Count a connection that ended."""
        self._ended.labels(cause).inc()

    def refused(self, kind: str) -> None:
        """Count what was turned away."""
        self._refused.labels(kind).inc()
