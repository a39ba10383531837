"""Who is let in, and the processes."""

from dashboard.model import WORKER, Panel, Query, Row, or_zero, per_second, quantile, total

CALLERS = Row(
    "Who is let in",
    (
        Panel(
            "Connections",
            "Open ones, by version of HTTP.",
            "short",
            (
                Query(
                    "sum by (network_protocol_version) (chat3_connections_open{FROM})",
                    "HTTP/{{network_protocol_version}}",
                ),
            ),
        ),
        Panel(
            "Connections opened and ended",
            "Ended by cause.",
            "cps",
            (
                Query(or_zero(total("chat3_connections_opened_total")), "opened"),
                Query(
                    per_second("chat3_connections_ended_total", "cause"),
                    "ended: {{cause}}",
                ),
            ),
        ),
        Panel(
            "Refused before they were calls",
            "Connections, requests and frames, by kind.",
            "cps",
            (Query(per_second("chat3_refused_total", "kind"), "{{kind}}"),),
        ),
        Panel(
            "Rates",
            "Decisions on calls for which a rate is set.",
            "cps",
            (
                Query(
                    per_second("chat3_rate_decisions_total", "subject, kind, decision"),
                    "{{subject}} {{kind}} {{decision}}",
                ),
            ),
        ),
        Panel(
            "Tokens",
            "Decisions on bearer tokens; tokens issued; readings of an issuer's keys.",
            "cps",
            (
                Query(per_second("chat3_bearer_tokens_total", "outcome"), "{{outcome}}"),
                Query(or_zero(total("chat3_user_tokens_issued_total")), "issued"),
                Query(
                    per_second("chat3_token_issuer_key_reads_total", "outcome"),
                    "issuer's keys: {{outcome}}",
                ),
            ),
        ),
    ),
)

PROCESSES = Row(
    "Workers",
    (
        Panel(
            "CPU",
            "Cores; a worker uses one at most.",
            "short",
            (Query(per_second("process_cpu_time_seconds_total", "instance, worker"), WORKER),),
        ),
        Panel(
            "Memory",
            "Resident.",
            "bytes",
            (Query("process_memory_usage_bytes{FROM}", WORKER),),
        ),
        Panel(
            "Lag of the event loop",
            "p99, by worker.",
            "s",
            (
                Query(
                    quantile(0.99, "chat3_event_loop_lag_seconds", by="instance, worker, le"),
                    WORKER,
                ),
            ),
        ),
        Panel(
            "File descriptors",
            "The part of the limit that is used.",
            "percentunit",
            (
                Query(
                    "process_unix_file_descriptor_count{FROM} / chat3_file_descriptors_limit{FROM}",
                    WORKER,
                ),
            ),
        ),
        Panel(
            "Restarts",
            "Workers that their parent restarted, in an hour: exited by themselves, or stalled.",
            "short",
            (
                Query(
                    "sum by (cause) (increase(chat3_worker_restarts_total{FROM}[1h]))", "{{cause}}"
                ),
            ),
        ),
        Panel(
            "Days until the certificate expires",
            "Of the listener. Services without TLS have none.",
            "d",
            (Query("(chat3_certificate_expiry_timestamp_seconds{FROM} - time()) / 86400", WORKER),),
        ),
        Panel(
            "Uptime",
            "It begins anew with each start of a worker.",
            "s",
            (Query("process_uptime_seconds{FROM}", WORKER),),
        ),
        Panel(
            "Versions",
            "Workers by version: two during a roll-out.",
            "short",
            (Query("count by (service_version) (target_info{FROM})", "{{service_version}}"),),
        ),
        Panel(
            "Workers that answered the scrape, and problems",
            "Problems by their name in /readyz.",
            "short",
            (
                Query("sum(chat3_worker_up{FROM})", "workers"),
                Query("sum by (problem) (chat3_problem{FROM})", "{{problem}}"),
            ),
        ),
    ),
)
