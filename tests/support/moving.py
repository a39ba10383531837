"""What a block of a test moves among the metrics of a service."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chat3_user.metrics import Metrics

Series = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


def series(metrics: Metrics) -> Series:
    """Return what every series stands at."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in metrics.instruments.registry.collect()
        for sample in family.samples
    }


@contextmanager
def moves(metrics: Metrics, *names: str) -> Iterator[None]:
    """Hold that each of the metrics stands elsewhere at the end of the block.

    `test_metrics_catalogue` holds that every metric is named in such a block.
    """
    before = series(metrics)
    yield
    after = series(metrics)
    for name in names:
        assert _of(before, name) != _of(after, name), f"{name} has not moved"


def _of(found: Series, name: str) -> Series:
    return {key: value for key, value in found.items() if key[0] in (name, f"{name}_count")}
