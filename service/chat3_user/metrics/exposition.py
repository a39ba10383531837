"""Metrics as Prometheus reads them: of one worker, and of several workers as one text.

Every series says which worker it is of. They are not added up: a worker that restarts would make a
sum go back.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector, CollectorRegistry

from chat3_user.metrics.instruments import Described

WORKER_UP: Final = Described(
    name="chat3_worker_up",
    subject="Process",
    kind="gauge",
    unit="",
    labels=(),
    meaning="1 for each worker of the machine that responded to the scrape, 0 for the others.",
    source="the worker that is scraped",
)

_END: Final = b"# EOF\n"
_FAMILY: Final = b"# HELP "

_AT_ONCE: Final = 200
"""Samples that are written without letting others run: about two milliseconds."""


@dataclass(frozen=True, slots=True)
class Format:
    """The text format that a scrape asks for by ``accept``: OpenMetrics has exemplars."""

    accept: str

    @property
    def content_type(self) -> str:
        """What the answer says it is."""
        return choose_encoder(self.accept)[1]

    @property
    def end(self) -> bytes:
        """The line that ends a whole text."""
        return _END if self.content_type.startswith("application/openmetrics-text") else b""

    async def text(self, registry: CollectorRegistry, worker: int) -> bytes:
        """Return the metrics of one worker but for the ``end``; others run in between."""
        encode, blocks = choose_encoder(self.accept)[0], []
        for family in registry.collect():
            for number, part in enumerate(_parts(family, str(worker))):
                block = _encoded(encode, part)
                blocks.append(_samples(block) if number else block)
                await asyncio.sleep(0)
        return b"".join(blocks)

    def joined(self, texts: Sequence[bytes | None]) -> bytes:
        """Return the texts of all workers, in order, as one; None for one that did not answer."""
        up = GaugeMetricFamily(WORKER_UP.name, WORKER_UP.meaning, labels=("worker",))
        for worker, text in enumerate(texts):
            up.add_metric((str(worker),), float(text is not None))
        encode = choose_encoder(self.accept)[0]
        heads: dict[bytes, bytes] = {}
        samples: dict[bytes, list[bytes]] = {}
        for text in (*texts, _encoded(encode, up)):
            for name, head, lines in _families(text or b""):
                heads.setdefault(name, head)
                samples.setdefault(name, []).append(lines)
        whole = (head + b"".join(samples[name]) for name, head in heads.items())
        return b"".join((*whole, self.end))


class _One(Collector):
    """A single family, for encoders that want all of a registry."""

    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> Iterator[Metric]:
        yield self._family


def _encoded(encode: Callable[[Collector], bytes], family: Metric) -> bytes:
    return encode(_One(family)).removesuffix(_END)


def _parts(family: Metric, worker: str) -> Iterator[Metric]:
    """Yield a family as several with a bounded number of samples, which are said to be a worker's.

    One without samples is yielded, too.
    """
    samples = [
        sample._replace(labels={**sample.labels, "worker": worker}) for sample in family.samples
    ]
    for start in range(0, max(1, len(samples)), _AT_ONCE):
        family.samples = samples[start : start + _AT_ONCE]
        yield family


def _samples(block: bytes) -> bytes:
    """Return the text of a family without the lines that describe it."""
    return next(samples for _, _, samples in _families(block))


def _families(text: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield the name of each family in a text, the lines that describe it, and its samples."""
    for block in text.split(_FAMILY)[1:]:
        lines = (_FAMILY + block).splitlines(keepends=True)
        described = sum(line.startswith(b"# ") for line in lines)
        name = lines[0].split(b" ", 3)[2]
        yield name, b"".join(lines[:described]), b"".join(lines[described:])
