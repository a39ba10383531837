"""What metrics are made of: counters and histograms that parts move, readings taken at a scrape.

All of them are of one process and are moved by its event loop's thread.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from chat3_user.metrics.tally import Tallies

# A time of creation beside every series would double their number, and no query of ours needs it.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

SECONDS: Final = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
)  # fmt: skip
"""OpenTelemetry's buckets for durations, and two below them: most calls take a few milliseconds."""

Kind = Literal["counter", "gauge", "histogram"]

SampledTrace = Callable[[], str]
"""Returns the id of the trace that is being recorded, in hexadecimal; empty when none is."""


@dataclass(frozen=True, slots=True)
class Described:
    """A metric in words: ``name`` as Prometheus has it, ``source`` is what moves or states it.

    Beside its ``labels`` every series has ``worker``.
    """

    name: str
    subject: str
    kind: Kind
    unit: str
    labels: tuple[str, ...]
    meaning: str
    source: str


class Reading(Collector):
    """A gauge, or a counter that a part keeps itself; its values are asked for at a scrape.

    Without a value to ask for it has no series.
    """

    def __init__(self, described: Described) -> None:
        self._described = described
        self._read: Callable[[], Mapping[tuple[str, ...], float]] = dict

    def read(self, value: Callable[[], float]) -> None:
        """Take the one value from ``value``."""
        self._read = lambda: {(): value()}

    def read_each(self, values: Callable[[], Mapping[tuple[str, ...], float]]) -> None:
        """Take the values from ``values``, by their labels in order."""
        self._read = values

    def describe(self) -> Iterable[Metric]:
        """Return the family without values: nothing is asked when it is registered."""
        return [self._family()]

    def collect(self) -> Iterable[Metric]:
        """Return the family with the present values."""
        family = self._family()
        for labels, value in self._read().items():
            family.add_metric(labels, value)
        return [family]

    def _family(self) -> CounterMetricFamily | GaugeMetricFamily:
        described = self._described
        make = CounterMetricFamily if described.kind == "counter" else GaugeMetricFamily
        return make(described.name, described.meaning, labels=described.labels)


class Instruments:
    """Makes the metrics of one process, in a registry of their own, and keeps what they mean."""

    def __init__(self, sampled_trace: SampledTrace = str) -> None:
        self.registry = CollectorRegistry()
        self.described: list[Described] = []
        self._sampled_trace = sampled_trace
        self._subject = ""

    def about(self, subject: str) -> None:
        """Have all that is made from now on stand under ``subject`` in the documentation."""
        self._subject = subject

    def counter(
        self,
        name: str,
        meaning: str,
        *labels: str,
        source: str,
        at_zero: Iterable[tuple[str, ...]] = (),
    ) -> Counter:
        """Return a counter; ``name`` ends with ``_total``.

        ``at_zero`` are the values of its labels that are known before there is an event. A series
        that appears with its first event has not increased, so `increase()` misses that event.
        """
        described = self._describe(name, "counter", meaning, labels, source)
        counter = Counter(name, described.meaning, labels, registry=self.registry)
        for values in at_zero:
            counter.labels(*values)
        return counter

    def histogram(
        self,
        name: str,
        meaning: str,
        *labels: str,
        source: str,
        buckets: tuple[float, ...] = SECONDS,
    ) -> Histogram:
        """Return a histogram of seconds."""
        described = self._describe(name, "histogram", meaning, labels, source)
        return Histogram(name, described.meaning, labels, registry=self.registry, buckets=buckets)

    def tallies(
        self, name: str, meaning: str, label: str, *, source: str, buckets: tuple[float, ...]
    ) -> Tallies:
        """Return a histogram of seconds for what is measured very often."""
        described = self._describe(name, "histogram", meaning, (label,), source)
        tallies = Tallies(name, described.meaning, label, buckets)
        self.registry.register(tallies)
        return tallies

    def gauge(self, name: str, meaning: str, *labels: str, source: str) -> Reading:
        """Return a gauge, to be given what it reads."""
        return self._reading(self._describe(name, "gauge", meaning, labels, source))

    def kept(self, name: str, meaning: str, *labels: str, source: str) -> Reading:
        """Return a counter that a part keeps itself, to be given what it reads."""
        return self._reading(self._describe(name, "counter", meaning, labels, source))

    def exemplar(self) -> dict[str, str] | None:
        """Return what leads from a measurement to the trace that is being recorded, if one is."""
        trace_id = self._sampled_trace()
        return {"trace_id": trace_id} if trace_id else None

    def _reading(self, described: Described) -> Reading:
        reading = Reading(described)
        self.registry.register(reading)
        return reading

    def _describe(
        self, name: str, kind: Kind, meaning: str, labels: tuple[str, ...], source: str
    ) -> Described:
        described = Described(name, self._subject, kind, _unit(name), labels, meaning, source)
        self.described.append(described)
        return described


def _unit(name: str) -> str:
    """Return the unit that a name says, as Prometheus wants it to."""
    stem = name.removesuffix("_total")
    return next((unit for unit in ("seconds", "bytes") if stem.endswith(f"_{unit}")), "")
