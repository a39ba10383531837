"""Panels as Grafana's JSON: placed from left to right, row by row."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from dashboard.model import Panel, Query, Row

_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_COLUMNS: Final = 24
_HEIGHT, _SINGLE_HEIGHT = 8, 4
_CHOSEN: Final = 'job=~"$job", instance=~"$instance"'
_GOOD, _BAD = "green", "red"


def dashboard(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the dashboard of ``rows``."""
    return {
        "uid": "chat3-gateway",
        "title": "Chat3 User Service",
        "description": "Calls, streams and what is behind them, by the metrics of docs/metrics.md.",
        "tags": ["chat3"],
        "timezone": "browser",
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_datasource(), *_variables()]},
        "annotations": {"list": [_restarts()]},
        "panels": list(_placed(rows)),
    }


def _datasource() -> dict[str, Any]:
    return {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
    }


def _variables() -> Iterator[dict[str, Any]]:
    for name, label, query in (
        ("job", "Job", "label_values(chat3_ready, job)"),
        ("instance", "Instance", 'label_values(chat3_ready{job=~"$job"}, instance)'),
    ):
        yield {
            "name": name,
            "label": label,
            "type": "query",
            "datasource": _SOURCE,
            "query": {"query": query, "refId": "A"},
            "refresh": 2,
            "includeAll": True,
            "multi": True,
            "allValue": ".*",
            "current": {"text": "All", "value": "$__all"},
            "sort": 1,
        }


def _restarts() -> dict[str, Any]:
    return {
        "name": "Starts of workers",
        "datasource": _SOURCE,
        "enable": True,
        "expr": f"resets(process_uptime_seconds{{{_CHOSEN}}}[1m]) > 0",
        "iconColor": "orange",
    }


def _placed(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    number, top = 1, 0
    for row in rows:
        yield {
            "id": number,
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"h": 1, "w": _COLUMNS, "x": 0, "y": top},
        }
        number, top, left = number + 1, top + 1, 0
        for panel in row.panels:
            if left + panel.width > _COLUMNS:
                top, left = top + _HEIGHT, 0
            height = _SINGLE_HEIGHT if panel.single else _HEIGHT
            place = {"h": height, "w": panel.width, "x": left, "y": top}
            yield {"id": number, **_panel(panel), "gridPos": place}
            number, left = number + 1, left + panel.width
        top += _SINGLE_HEIGHT if row.panels[-1].single else _HEIGHT


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": "stat" if panel.single else "timeseries",
        "title": panel.title,
        "description": panel.description,
        "datasource": _SOURCE,
        "targets": [_target(index, query) for index, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _field(panel), "overrides": []},
        "options": _SINGLE_OPTIONS if panel.single else _GRAPH_OPTIONS,
    }


_SINGLE_OPTIONS: Final = {
    "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    "colorMode": "value",
    "graphMode": "area",
    "textMode": "value",
}
_GRAPH_OPTIONS: Final = {
    "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
    "tooltip": {"mode": "multi", "sort": "desc"},
}


def _field(panel: Panel) -> dict[str, Any]:
    field: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.single:
        field["thresholds"] = {"mode": "absolute", "steps": _steps(panel)}
    else:
        field["custom"] = {
            "drawStyle": "line",
            "fillOpacity": 20 if panel.stacked else 5,
            "stacking": {"mode": "normal" if panel.stacked else "none", "group": "A"},
            "showPoints": "never",
        }
    return field


def _steps(panel: Panel) -> list[dict[str, Any]]:
    if panel.bad_to is not None:
        return [{"color": _BAD, "value": None}, {"color": _GOOD, "value": panel.bad_to}]
    first: dict[str, Any] = {"color": _GOOD, "value": None}
    return [first] if panel.bad_from is None else [first, {"color": _BAD, "value": panel.bad_from}]


def _target(index: int, query: Query) -> dict[str, Any]:
    return {
        "refId": chr(ord("A") + index),
        "datasource": _SOURCE,
        "expr": query.expression.replace("FROM", _CHOSEN),
        "legendFormat": query.legend,
        "range": True,
        "exemplar": "_bucket{" in query.expression,
    }
