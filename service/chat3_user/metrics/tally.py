"""A histogram for what happens with every delivery: without locks, for one thread moves it.

prometheus_client's locks for every bucket and sum; that is a fiftieth of what a delivery costs.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString


class Tally:
    """One series: how many values fell into each bucket, and their sum."""

    __slots__ = ("_bounds", "counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value in the first bucket whose bound it does not exceed."""
        self.counts[bisect_left(self._bounds, value)] += 1
        self.sum += value


class Tallies(Collector):
    """A histogram of seconds with one label, whose series are made when they are asked for."""

    def __init__(self, name: str, meaning: str, label: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._meaning = meaning
        self._label = label
        self._bounds = bounds
        self._upper = [*map(floatToGoString, (*bounds, float("inf")))]
        self._of: dict[str, Tally] = {}

    def of(self, value: str) -> Tally:
        """Return the series that has ``value`` for its label."""
        return self._of.setdefault(value, Tally(self._bounds))

    def describe(self) -> Iterable[Metric]:
        """Return the family without series."""
        return [self._family()]

    def collect(self) -> Iterable[Metric]:
        """Return the family as it stands."""
        family = self._family()
        for value, tally in self._of.items():
            buckets = [*zip(self._upper, accumulate(tally.counts), strict=True)]
            family.add_metric((value,), buckets, tally.sum)
        return [family]

    def _family(self) -> HistogramMetricFamily:
        return HistogramMetricFamily(self._name, self._meaning, labels=(self._label,))
