"""A scrape of a service, as Prometheus makes it: what each series stood at."""

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from prometheus_client import parser


@dataclass(frozen=True)
class Scraped:
    """The series of one scrape, by name and labels."""

    series: Mapping[tuple[str, frozenset[tuple[str, str]]], float]

    @classmethod
    def of(cls, text: str) -> "Scraped":
        families = parser.text_string_to_metric_families(text)
        return cls(
            {
                (sample.name, frozenset(sample.labels.items())): sample.value
                for family in families
                for sample in family.samples
            }
        )

    def value(self, name: str, **labels: str) -> float:
        """Return the sum of the series of a name that have these labels."""
        found = self.by(name, **labels)
        return sum(found.values())

    def by(self, name: str, **labels: str) -> Mapping[frozenset[tuple[str, str]], float]:
        """Return the series of a name that have these labels, by all their labels."""
        return {
            has: value
            for (of, has), value in self.series.items()
            if of == name and labels.items() <= has
        }


async def scraped(ops: str | int, path: str = "/metrics") -> Scraped:
    """Scrape the service whose operators' HTTP server is at ``ops``, a URL or a port of ours."""
    url = ops if isinstance(ops, str) else f"http://127.0.0.1:{ops}"
    async with aiohttp.ClientSession() as session, session.get(f"{url}{path}") as answer:
        answer.raise_for_status()
        return Scraped.of(await answer.text())
