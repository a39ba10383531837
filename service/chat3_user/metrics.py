"""What the process measures of itself, for Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from chat3_user.finished_call import FinishedCall

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """Counters of one process in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._calls = Counter(
            "chat3_rpc_calls",
            "Calls by method, protocol, gRPC status and error reason.",
            ("method", "protocol", "status", "reason"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "chat3_rpc_duration_seconds",
            "Duration of calls; streams count from opening to end.",
            ("method",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._repairs = Counter(
            "chat3_message_repairs",
            "Messages that tenant-api had written in part: replaced by whole ones, or incomplete"
            " with their missing parts reported to their senders.",
            ("outcome",),
            registry=self.registry,
        )
        self._finished = Counter(
            "chat3_creations_finished",
            "Dialogs, topics and packs that a creation of unknown outcome had left: completed,"
            " announced anew, and reported as perhaps unannounced to their creators.",
            ("kind",),
            registry=self.registry,
        )
        self._unshown = Counter(
            "chat3_changes_unshown",
            "Changes that an attempt of unknown outcome had made: found, and reported as perhaps"
            " unannounced to their callers.",
            ("kind",),
            registry=self.registry,
        )
        self._refused = Counter(
            "chat3_refused",
            "Connections, requests and frames turned away before they were calls, by kind.",
            ("kind",),
            registry=self.registry,
        )
        self._tokens = Counter(
            "chat3_bearer_tokens",
            "Bearer tokens of calls, by what was decided: accepted, or the reason of the refusal.",
            ("outcome",),
            registry=self.registry,
        )
        self._token_accepted = self._tokens.labels("accepted")
        self._tokens_created = Counter(
            "chat3_user_tokens_issued", "Tokens that were created.", registry=self.registry
        )
        self._issuer_keys = Counter(
            "chat3_token_issuer_key_reads",
            "Readings of the public keys of the tokens' issuer, by outcome.",
            ("outcome",),
            registry=self.registry,
        )
        self.streams = Gauge("chat3_streams", "Open streams of updates.", registry=self.registry)
        self.watched_users = Gauge(
            "chat3_watched_users",
            "Users that streams of many users watch; one that two streams watch counts twice.",
            registry=self.registry,
        )
        self.watch_buffered_bytes = Gauge(
            "chat3_watch_buffered_bytes",
            "Bytes of updates that wait for clients of such streams to read.",
            registry=self.registry,
        )
        self._dropped = Counter(
            "chat3_watched_users_dropped",
            "Watched users that streams dropped, by reason.",
            ("reason",),
            registry=self.registry,
        )
        self.tenant_streams = Gauge(
            "chat3_tenant_streams", "Open streams of whole tenants.", registry=self.registry
        )
        self.tenant_streams_behind = Gauge(
            "chat3_tenant_streams_behind",
            "Streams of whole tenants among them that read the updates log by themselves.",
            registry=self.registry,
        )
        self.log_entries_followed = Gauge(
            "chat3_log_entries_followed",
            "Entries of the updates log that were read once for all streams of whole tenants.",
            registry=self.registry,
        )
        self.log_entries_read = Gauge(
            "chat3_log_entries_read",
            "Entries of the updates log that were read for streams that resumed.",
            registry=self.registry,
        )
        self.updates_received = Gauge(
            "chat3_updates_received",
            "Updates that came from the broker, whoever they were for.",
            registry=self.registry,
        )
        self.updates_unreadable = Gauge(
            "chat3_updates_unreadable",
            "Updates among them that could not be read: streams may lack them.",
            registry=self.registry,
        )
        self.broker_live = Gauge(
            "chat3_broker_live", "1 while updates flow from the broker.", registry=self.registry
        )

    def user_dropped(self, reason: str) -> None:
        """Count a watched user whom a stream dropped."""
        self._dropped.labels(reason).inc()

    def token_accepted(self) -> None:
        """Count a call with a bearer token that was accepted; there is one with every such call."""
        self._token_accepted.inc()

    def token_refused(self, reason: str) -> None:
        """Count a call with a bearer token that was refused."""
        self._tokens.labels(reason).inc()

    def token_created(self) -> None:
        """Count a token that was created."""
        self._tokens_created.inc()

    def issuer_keys(self, outcome: str) -> None:
        """Count a reading of the keys of the tokens' issuer."""
        self._issuer_keys.labels(outcome).inc()

    def refused(self, kind: str) -> None:
        """Count what was turned away."""
        self._refused.labels(kind).inc()

    def call(self, call: FinishedCall) -> None:
        """Count a finished call."""
        self._calls.labels(call.method, call.protocol, call.status, call.reason).inc()
        self._seconds.labels(call.method).observe(call.seconds)

    def repaired(self, outcome: str) -> None:
        """Count a message that tenant-api had written in part, by what was done about it."""
        self._repairs.labels(outcome).inc()

    def unshown(self, kind: str) -> None:
        """Count a change that was found after it was cut off, and whose update may be missing."""
        self._unshown.labels(kind).inc()

    def finished(self, kind: str) -> None:
        """Count a dialog or topic whose creation was cut off, and that was found and finished."""
        self._finished.labels(kind).inc()
