"""Writes the tables of `docs/metrics.md`; `--check` fails when they are not up to date."""

import sys
from itertools import groupby
from pathlib import Path
from typing import Final

from chat3_user.metrics import Metrics
from chat3_user.metrics.exposition import WORKER_UP
from chat3_user.metrics.instruments import Described

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "metrics.md"
BEGIN, END = "<!-- metrics -->\n", "<!-- /metrics -->\n"


def described() -> list[Described]:
    """Return all metrics of the service, in the order of the page."""
    return [*Metrics().instruments.described, WORKER_UP]


def tables() -> str:
    """Return a table for each subject."""
    return "\n".join(
        f"## {subject}\n\n{_table(list(metrics))}"
        for subject, metrics in groupby(described(), lambda metric: metric.subject)
    )


def written(text: str) -> str:
    """Return ``text`` with the present tables between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables()}\n{END}{tail}"


def _table(metrics: list[Described]) -> str:
    rows = ["| metric | type, unit | labels | meaning | source |", "|---|---|---|---|---|"]
    for metric in metrics:
        kind = ", ".join(part for part in (metric.kind, metric.unit) if part)
        labels = " ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{metric.name}` | {kind} | {labels} | {metric.meaning} | {metric.source} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    present = PAGE.read_text()
    if "--check" in sys.argv and written(present) != present:
        sys.exit("docs/metrics.md is not what the code says: run 'make generate'")
    PAGE.write_text(written(present))
