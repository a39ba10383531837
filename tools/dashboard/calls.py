"""The overview, and the calls."""

from dashboard.model import Panel, Query, Row, or_zero, per_second, quantile, total

_UNARY = 'FROM, rpc_method!~".*/(Subscribe|Watch).*"'
_CALLS = "rpc_server_call_duration_seconds"

OVERVIEW = Row(
    "Overview",
    (
        Panel(
            "Ready workers",
            "Workers that take calls. Fewer than there should be: see Problems.",
            "short",
            (Query("sum(chat3_ready{FROM})", "ready"),),
            width=4,
            single=True,
            bad_to=0.5,
        ),
        Panel(
            "Problems",
            "What workers lack now, by the names of /readyz.",
            "short",
            (Query(or_zero("sum(chat3_problem{FROM})"), "problems"),),
            width=4,
            single=True,
            bad_from=1,
        ),
        Panel(
            "Calls failing by our fault",
            "The part of unary calls that ended with a status of the service or the platform.",
            "percentunit",
            (
                Query(
                    total("chat3_unary_calls_total", 'FROM, outcome="failed"')
                    + f" / ({total('chat3_unary_calls_total')} > 0)",
                    "failing",
                ),
            ),
            width=4,
            single=True,
            bad_from=0.01,
        ),
        Panel(
            "p99 of unary calls",
            "One call in a hundred takes longer.",
            "s",
            (Query(quantile(0.99, _CALLS, _UNARY), "p99"),),
            width=4,
            single=True,
            bad_from=1,
        ),
        Panel(
            "Open streams",
            "Streams of users, of many users and of tenants.",
            "short",
            (Query("sum(chat3_streams_open{FROM})", "streams"),),
            width=4,
            single=True,
        ),
        Panel(
            "p90 of the lag of updates",
            "From when the platform made an update to when it was written to a client.",
            "s",
            (Query(quantile(0.9, "chat3_update_lag_seconds"), "p90"),),
            width=4,
            single=True,
            bad_from=5,
        ),
    ),
)

CALLS = Row(
    "Calls",
    (
        Panel(
            "Calls by method",
            "Unary calls that ended, and streams that ended.",
            "reqps",
            (Query(per_second("chat3_calls_total", "rpc_method"), "{{rpc_method}}"),),
            stacked=True,
        ),
        Panel(
            "Calls by status",
            "OK is not shown.",
            "reqps",
            (
                Query(
                    per_second(
                        "chat3_calls_total",
                        "rpc_response_status_code",
                        'FROM, rpc_response_status_code!="OK"',
                    ),
                    "{{rpc_response_status_code}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Calls by reason",
            "The reasons of docs/errors.md.",
            "reqps",
            (
                Query(
                    per_second("chat3_calls_total", "error_type", 'FROM, error_type!=""'),
                    "{{error_type}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Duration of unary calls",
            "Exemplars lead to traces.",
            "s",
            tuple(
                Query(quantile(part, _CALLS, _UNARY), f"p{part * 100:g}")
                for part in (0.5, 0.95, 0.99)
            ),
        ),
        Panel(
            "p95 by method",
            "Unary calls.",
            "s",
            (Query(quantile(0.95, _CALLS, _UNARY, "rpc_method, le"), "{{rpc_method}}"),),
        ),
        Panel(
            "Calls by protocol, and calls under way",
            "gRPC, gRPC-Web and Connect.",
            "short",
            (
                Query(
                    per_second("chat3_calls_total", "chat3_protocol"), "{{chat3_protocol}} a second"
                ),
                Query("sum by (kind) (chat3_calls_open{FROM})", "{{kind}} under way"),
            ),
        ),
    ),
)
