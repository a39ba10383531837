"""The histogram of deliveries counts as prometheus_client's own does."""

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram

from chat3_user.metrics.tally import Tallies

BOUNDS = (0.001, 0.5, 1, 2.5)
VALUES = st.floats(0, 10) | st.sampled_from(BOUNDS)


@given(st.lists(st.tuples(st.sampled_from(["user", "watch"]), VALUES)))
def test_a_tally_stands_where_a_histogram_does(observed: list[tuple[str, float]]) -> None:
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    tallies = Tallies("lag_seconds", "How late.", "stream", BOUNDS)
    ours.register(tallies)
    histogram = Histogram("lag_seconds", "How late.", ["stream"], registry=theirs, buckets=BOUNDS)
    for stream, value in observed:
        tallies.of(stream).observe(value)
        histogram.labels(stream).observe(value)

    def samples(registry: CollectorRegistry) -> set[tuple[object, ...]]:
        return {
            (sample.name, frozenset(sample.labels.items()), sample.value)
            for family in registry.collect()
            for sample in family.samples
        }

    assert samples(ours) == samples(theirs)
