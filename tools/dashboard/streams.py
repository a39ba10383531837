"""Streams and updates, and the broker that brings them."""

from dashboard.model import Panel, Query, Row, or_zero, per_second, quantile, total

STREAMS = Row(
    "Streams and updates",
    (
        Panel(
            "Open streams",
            "By kind.",
            "short",
            (Query("sum by (stream) (chat3_streams_open{FROM})", "{{stream}}"),),
            stacked=True,
        ),
        Panel(
            "Users",
            "A user with streams on several workers counts on each.",
            "short",
            (
                Query("sum(chat3_users_subscribed{FROM})", "with a stream"),
                Query("sum(chat3_watched_users{FROM})", "watched by back ends"),
            ),
        ),
        Panel(
            "Updates",
            "What the broker brought, and what was written to clients.",
            "cps",
            (
                Query(total("messaging_client_consumed_messages_total"), "from the broker"),
                Query(
                    per_second("chat3_updates_delivered_total", "stream, path"),
                    "{{stream}} {{path}}",
                ),
            ),
        ),
        Panel(
            "Lag of live updates",
            "From when the platform made an update to when it was written to a client.",
            "s",
            tuple(
                Query(quantile(part, "chat3_update_lag_seconds"), f"p{part * 100:g}")
                for part in (0.5, 0.9, 0.99)
            ),
        ),
        Panel(
            "How streams begin",
            "Without a resume token, resumed, or resumed with a gap.",
            "cps",
            (
                Query(
                    per_second("chat3_streams_begun_total", "stream, outcome"),
                    "{{stream}} {{outcome}}",
                ),
            ),
        ),
        Panel(
            "Gaps and replays",
            "Gaps by reason; replays by where they came from.",
            "cps",
            (
                Query(per_second("chat3_gaps_total", "reason"), "gap {{reason}}"),
                Query(
                    per_second("chat3_replays_total", "replayed_from"),
                    "from {{replayed_from}}",
                ),
            ),
        ),
        Panel(
            "Buffered bytes",
            "What waits for slow clients, and what is kept to resume from.",
            "bytes",
            (Query("sum by (holder) (chat3_buffered_bytes{FROM})", "{{holder}}"),),
            stacked=True,
        ),
        Panel(
            "Dropped watched users, unreadable updates",
            "Both cost a client updates, and tell it so, or cannot.",
            "cps",
            (
                Query(
                    per_second("chat3_watched_users_dropped_total", "error_type"),
                    "dropped {{error_type}}",
                ),
                Query(or_zero(total("chat3_updates_unreadable_total")), "unreadable"),
            ),
        ),
        Panel(
            "Tenant streams behind",
            "They read the updates log by themselves.",
            "short",
            (Query("sum(chat3_tenant_streams_behind{FROM})", "behind"),),
        ),
    ),
)

BROKER = Row(
    "RabbitMQ and the updates log",
    (
        Panel(
            "Workers with updates, and with the log",
            "Both should be the number of workers.",
            "short",
            (
                Query("sum(chat3_broker_live{FROM})", "updates flow"),
                Query("sum(chat3_updates_log_available{FROM})", "the log is there"),
            ),
        ),
        Panel(
            "Sessions",
            "Begun, lost, or failed to begin.",
            "cps",
            (Query(per_second("chat3_broker_sessions_total", "event"), "{{event}}"),),
        ),
        Panel(
            "Reads of the log",
            "Entries a second, and how long a shared read takes.",
            "short",
            (
                Query(
                    per_second("chat3_updates_log_entries_read_total", "reader"),
                    "{{reader}} entries a second",
                ),
                Query(quantile(0.95, "chat3_updates_log_read_seconds"), "p95 of a read, seconds"),
                Query("sum(chat3_updates_held{FROM})", "updates held while feeds catch up"),
            ),
        ),
    ),
)
