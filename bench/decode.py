"""Measure what it costs to decode one published update, by kind, in microseconds of CPU.

Run ``python bench/decode.py``; it takes every recorded update, in turns, and prints the best of
several rounds: as it was recorded, and with a member and a section that the service has never seen.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from chat3_user.mapping.updates import UpdateDecoder

RECORDED = Path(__file__).parents[1] / "tests/contract/recorded/updates"
ROUNDS = 15
CALLS = 300


def bodies() -> dict[str, dict[str, Any]]:
    """Return the recorded bodies by name."""
    return {
        path.stem: msgspec.json.decode(path.read_bytes())["body"]
        for path in sorted(RECORDED.glob("*.json"))
    }


def with_news(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body with a section, and a member of each section, of a later platform."""
    data = {name: {**section, "later": 1} for name, section in body["data"].items()}
    return {**body, "data": {**data, "poll": {"question": "Lunch?", "options": ["a", "b"]}}}


def measure(raws: dict[str, bytes]) -> dict[str, float]:
    """Return the least microseconds of CPU a decode of each took, measured in turns."""
    decode = UpdateDecoder().decode
    best = dict.fromkeys(raws, float("inf"))
    for _ in range(ROUNDS):
        for name, raw in raws.items():
            began = time.process_time_ns()
            for _ in range(CALLS):
                decode(raw)
            spent = (time.process_time_ns() - began) / CALLS / 1000
            best[name] = min(best[name], spent)
    return best


def main() -> None:
    """Print a table."""
    known = measure({name: msgspec.json.encode(body) for name, body in bodies().items()})
    news = measure({name: msgspec.json.encode(with_news(b)) for name, b in bodies().items()})
    print(f"{'µs per decode':46}{'as recorded':>12}{'with news':>12}")
    for name in known:
        print(f"{name:46}{known[name]:12.1f}{news[name]:12.1f}")
    mean = [sum(times.values()) / len(times) for times in (known, news)]
    print(f"{'mean':46}{mean[0]:12.1f}{mean[1]:12.1f}")


if __name__ == "__main__":
    main()
