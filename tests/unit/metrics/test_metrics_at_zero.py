"""Counters are there before their first event, or `increase()` misses it."""

from chat3_user.finished_call import FinishedCall
from chat3_user.health import Health
from chat3_user.health.board import Board, Seat
from chat3_user.methods import METHODS, Bidi, Streaming
from chat3_user.metrics import Metrics
from chat3_user.readings import read_process
from support.moving import moves, series

WITH_THE_FIRST_EVENT = {
    "chat3_calls_total": "methods, statuses and reasons are too many",
    "chat3_refused_total": "kinds are those of many places",
    "chat3_watched_users_dropped_total": "reasons are those of the catalogue",
    "chat3_rate_decisions_total": "most rates are not set",
    "chat3_bearer_tokens_total": "reasons are those of the catalogue",
    "messaging_client_consumed_messages_total": "it is read of a broker",
    "chat3_updates_unreadable_total": "it is read of the hub",
    "chat3_updates_log_entries_read_total": "it is read of the log",
}


def finished(method: str, status: str = "OK", reason: str = "") -> FinishedCall:
    return FinishedCall(
        method=method,
        path=f"/{METHODS[method].service.full_name}/{METHODS[method].name}",
        protocol="grpc",
        status=status,
        reason=reason,
        tenant="",
        user="",
        peer="",
        seconds=0.1,
        upstream_seconds=0.0,
        upstream_requests=0,
        bytes_in=0,
        bytes_out=0,
        request_id="",
        trace_id="",
    )


def test_counters_with_few_labels_begin_at_zero() -> None:
    metrics = Metrics()
    read_process(metrics.process, Health(()), Seat(Board.alone()))
    found = series(metrics)
    for metric in metrics.instruments.described:
        if metric.kind == "counter" and metric.name not in WITH_THE_FIRST_EVENT:
            values = [value for (name, _), value in found.items() if name == metric.name]
            assert values, metric.name
            assert not any(values) or metric.name.startswith("process_"), metric.name


def outcomes(metrics: Metrics) -> dict[str, float]:
    return {
        dict(labels)["outcome"]: value
        for (name, labels), value in series(metrics).items()
        if name == "chat3_unary_calls_total"
    }


def test_calls_fail_by_our_fault_or_are_answered() -> None:
    metrics = Metrics()
    assert outcomes(metrics) == {"answered": 0, "failed": 0}
    with moves(metrics, "chat3_unary_calls_total"):
        metrics.calls.finished(finished("GetUserDialogs", "UNAVAILABLE", "UPSTREAM_UNAVAILABLE"))
    metrics.calls.finished(finished("GetUserDialogs"))
    metrics.calls.finished(finished("GetUserDialogs", "NOT_FOUND", "DIALOG_NOT_FOUND"))
    assert outcomes(metrics) == {"answered": 2, "failed": 1}


def test_streams_are_no_calls_with_one_response() -> None:
    for name, method in METHODS.items():
        metrics = Metrics()
        metrics.calls.finished(finished(name))
        streams = isinstance(method, Streaming | Bidi)
        assert outcomes(metrics)["answered"] == (0 if streams else 1), name


def test_the_duration_of_a_call_names_an_error_as_the_conventions_do() -> None:
    metrics = Metrics()
    for status in ("OK", "NOT_FOUND", "UNIMPLEMENTED", "UNAVAILABLE"):
        metrics.calls.finished(finished("GetUserDialogs", status))
    errors = {
        dict(labels)["rpc_response_status_code"]: dict(labels)["error_type"]
        for name, labels in series(metrics)
        if name == "rpc_server_call_duration_seconds_count"
    }
    assert errors == {
        "OK": "",
        "NOT_FOUND": "",
        "UNIMPLEMENTED": "UNIMPLEMENTED",
        "UNAVAILABLE": "UNAVAILABLE",
    }
