"""What is behind the service: tenant-api, and the stores of writes."""

from dashboard.model import WORKER, Panel, Query, Row, or_zero, per_second, quantile, total

_UPSTREAM = "http_client_request_duration_seconds"
_STORES = "db_client_operation_duration_seconds"

PLATFORM = Row(
    "tenant-api",
    (
        Panel(
            "Requests by answer",
            "Attempts; an empty status is no answer.",
            "reqps",
            (
                Query(
                    per_second(f"{_UPSTREAM}_count", "http_response_status_code, error_type"),
                    "{{http_response_status_code}} {{error_type}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Duration of requests",
            "Attempts, each by itself.",
            "s",
            tuple(
                Query(quantile(part, _UPSTREAM), f"p{part * 100:g}") for part in (0.5, 0.95, 0.99)
            ),
        ),
        Panel(
            "p95 by route",
            "The slowest ten routes.",
            "s",
            (
                Query(
                    f"topk(10, {quantile(0.95, _UPSTREAM, by='url_template, le')})",
                    "{{url_template}}",
                ),
            ),
        ),
        Panel(
            "Requests under way",
            "TENANT_API_CONNECTIONS bounds them for each worker.",
            "short",
            (Query("http_client_active_requests{FROM}", WORKER),),
        ),
        Panel(
            "Retries",
            "Sent, or over budget and not sent.",
            "cps",
            (Query(per_second("chat3_upstream_retries_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Circuit",
            "Workers whose circuit is open, and requests that were not sent because of it.",
            "short",
            (
                Query("sum(chat3_upstream_circuit_open{FROM})", "open"),
                Query(or_zero(total("chat3_upstream_circuit_refusals_total")), "refused a second"),
            ),
        ),
    ),
)

WRITES = Row(
    "Writes and stores",
    (
        Panel(
            "Writes with a key",
            "By outcome.",
            "cps",
            (Query(per_second("chat3_idempotent_writes_total", "outcome"), "{{outcome}}"),),
        ),
        Panel(
            "Duration of store operations",
            "p95, by store and operation.",
            "s",
            (
                Query(
                    quantile(0.95, _STORES, by="db_system_name, db_operation_name, le"),
                    "{{db_system_name}} {{db_operation_name}}",
                ),
            ),
        ),
        Panel(
            "Failures of stores",
            "By error.",
            "cps",
            (
                Query(
                    per_second(
                        f"{_STORES}_count",
                        "db_system_name, error_type",
                        'FROM, error_type!=""',
                    ),
                    "{{db_system_name}} {{error_type}}",
                ),
                Query(or_zero(total("chat3_rate_store_failures_total")), "rates counted apart"),
            ),
        ),
        Panel(
            "Repairs",
            "What attempts of unknown outcome had left, found and finished.",
            "cps",
            (
                Query(
                    per_second("chat3_message_repairs_total", "outcome"),
                    "message {{outcome}}",
                ),
                Query(
                    per_second("chat3_creations_finished_total", "kind"),
                    "created {{kind}}",
                ),
                Query(per_second("chat3_changes_unshown_total", "kind"), "changed {{kind}}"),
            ),
        ),
    ),
)
