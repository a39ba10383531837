"""Results: one JSON file a benchmark, with the machine they were taken on."""

import json
import signal
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.machine import description, print_description

FOLDER = Path(__file__).parents[1] / "results"


def begin() -> dict[str, Any]:
    """Print the machine and return it; from here on SIGTERM ends what was started, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    described = description()
    print_description(described)
    return described


def save(name: str, machine: dict[str, Any], figures: dict[str, Any]) -> None:
    """Write the figures of a run; the charts are drawn from them."""
    path = FOLDER / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"machine": machine, **figures}, indent=1) + "\n")
    print(f"written: bench/results/{name}.json")


def summary(values: Sequence[float]) -> dict[str, float]:
    """Return the median and the range."""
    return {
        "median": round(statistics.median(values), 2),
        "least": round(min(values), 2),
        "most": round(max(values), 2),
    }


def percentile(ordered: Sequence[float], share: float) -> float:
    """Return the value that ``share`` of all do not exceed, from sorted values."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")
