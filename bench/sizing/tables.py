"""The tables of ``docs/scaling.md`` and the pages beside it, and where they stand there."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sizing.capacity import Plan, limits, plan_of
from sizing.constants import Constants, entries
from sizing.scenarios import played, scenario_table

GUIDES: Final[Mapping[str, tuple[str, ...]]] = {
    "scaling.md": ("plans", "limits"),
    "reconnect-storms.md": ("storms",),
    "scaling-figures.md": ("sources",),
}
"""The tables of each page of `docs/`, by the names of their marks."""

_ROWS: tuple[tuple[str, Callable[[Plan], str]], ...] = (
    ("updates a second", lambda plan: number(plan.updates)),
    ("cells", lambda plan: number(plan.cells)),
    ("users per cell", lambda plan: number(plan.cell.users)),
    ("workers", lambda plan: number(plan.workers)),
    ("machines for the service, one of them spare", lambda plan: number(plan.machines)),
    ("streams per worker", lambda plan: number(plan.cell.streams)),
    ("memory per worker, MB", lambda plan: number(plan.cell.worker_megabytes)),
    ("share of its core for other users' updates", lambda plan: share(plan.cell.fan_in)),
    ("cores of RabbitMQ per cell", lambda plan: number(plan.cell.broker_cores)),
    ("the same with a single cell", lambda plan: number(plan.undivided_broker_cores)),
    ("a day of the log per cell, GB", lambda plan: number(plan.cell.log_gigabytes_a_day)),
    ("busiest hours in 5 GB of log", lambda plan: number(plan.cell.log_hours)),
    ("requests a second to tenant-api", lambda plan: number(plan.platform_requests)),
    ("of these, checks of streams", lambda plan: number(plan.platform_requests_to_prove)),
    ("cores of tenant-api, as assumed", lambda plan: number(plan.platform_cores)),
    ("commands a second to Redis", lambda plan: number(plan.redis_commands)),
    ("GB of Redis in total", lambda plan: number(plan.redis_gigabytes)),
)


def number(value: float) -> str:
    """Return a number with two significant digits, in words from a million on."""
    if math.isinf(value):
        return "impossible: no worker could keep up"
    if value == 0:
        return "0"
    rounded = round(value, 1 - math.floor(math.log10(abs(value))))
    if rounded >= 1_000_000:
        return f"{rounded / 1_000_000:g} million"
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def share(value: float) -> str:
    """Return a part of one as a percentage."""
    return f"{number(value * 100)} %"


def plans(users: Sequence[int], given: Constants) -> str:
    """Return the table of installations, a column for each number of users."""
    found = [plan_of(count, given) for count in users]
    heads = [number(count) for count in users]
    rows = [("connected users", *heads), ("---", *("---:" for _ in users))]
    rows += [(name, *(shown(plan) for plan in found)) for name, shown in _ROWS]
    return _table(rows)


def what_breaks(given: Constants) -> str:
    """Return the table of limits, by the number of users up to which they hold."""
    rows = [("up to users", "condition", "beyond that"), ("---:", "---", "---")]
    rows += [(number(each.users), each.what, each.then) for each in limits(given)]
    return _table(rows)


def sources() -> str:
    """Return the table of constants: value, meaning, where it comes from."""
    rows = [("figure", "meaning", "from"), ("---:", "---", "---")]
    for entry in entries().values():
        value = f"{entry['value']:,} {entry['unit']}".strip()
        rows.append((value, entry["means"], _source(entry)))
    return _table(rows)


def of_guides(users: Sequence[int], given: Constants) -> Mapping[str, str]:
    """Return all tables of the guides, by the names of their marks."""
    return {
        "plans": plans(users, given),
        "limits": what_breaks(given),
        "storms": scenario_table(played()),
        "sources": sources(),
    }


def written(guide: str, tables: Mapping[str, str]) -> str:
    """Return a guide with the given tables between their marks.

    Raises `ValueError` when a mark is missing.
    """
    for name, table in tables.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        head, middle = guide.split(begin)
        _, tail = middle.split(end)
        guide = f"{head}{begin}{table}{end}{tail}"
    return guide


def _source(entry: dict[str, str]) -> str:
    match entry["kind"]:
        case "measured":
            folder, _, name = entry["file"].rpartition("/")
            up = (
                entry["file"].removeprefix("docs/")
                if folder.startswith("docs")
                else f"../{entry['file']}"
            )
            return f"[{name}]({up})"
        case "published":
            return f"[published]({entry['link']})"
        case _:
            return "assumed"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
