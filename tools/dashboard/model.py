"""What a dashboard is made of: rows, panels, queries; and queries that recur."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """PromQL, in which ``FROM`` stands for the chosen jobs and instances, and Grafana's legend.

    A counter begins with its first event: a query of one may have no answer before.
    """

    expression: str
    legend: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A graph, or with ``single`` one number; ``unit`` is Grafana's name of it.

    ``width`` is in the 24 columns of a dashboard. A value from ``bad_from`` on is red, in a single
    number whose least value is good; with ``bad_to`` the other way round.
    """

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    width: int = 8
    single: bool = False
    bad_from: float | None = None
    bad_to: float | None = None
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: Sequence[Panel]


def quantile(part: float, metric: str, labels: str = "FROM", by: str = "le") -> str:
    """Return the query of a quantile of a histogram."""
    rate = f"rate({metric}_bucket{{{labels}}}[$__rate_interval])"
    return f"histogram_quantile({part}, sum by ({by}) ({rate}))"


def per_second(metric: str, by: str, labels: str = "FROM") -> str:
    """Return the query of a counter's events per second, by some labels."""
    return f"sum by ({by}) (rate({metric}{{{labels}}}[$__rate_interval]))"


def or_zero(query: str) -> str:
    """Return a query that is 0 where nothing has happened yet."""
    return f"({query}) or vector(0)"


def total(metric: str, labels: str = "FROM") -> str:
    """Return the query of a counter's events per second."""
    return f"sum(rate({metric}{{{labels}}}[$__rate_interval]))"


WORKER = "{{instance}} {{worker}}"
"""The legend of what is told by worker."""
