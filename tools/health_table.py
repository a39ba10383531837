"""Prints the table of health that stands in docs/health.md, or writes it there with `--write`."""

import sys
from pathlib import Path

from chat3_user.health.table import ANY_COMPONENT, COMPONENTS, Effect, Reason

GUIDE = Path(__file__).resolve().parent.parent / "docs" / "health.md"
BEGIN, END = "<!-- health -->\n", "<!-- /health -->\n"

_SHOWN = {Effect.NOT_READY: "**not ready**", Effect.DEGRADED: "degraded"}


def _row(component: str, name: str, reason: Reason, *, needed: bool) -> str:
    first = " (1)" if needed else ""
    shown = f"{_SHOWN[reason.effect]}{first}"
    return f"| {component} | `{name}` | {shown} | {reason.meaning} | {reason.noticed} |"


def table() -> str:
    """Return the table: a row for each reason of each component."""
    rows = ["| component | reason | worker | meaning | callers notice |", "|---|---|---|---|---|"]
    for component in COMPONENTS:
        rows += [
            _row(f"`{component.name}`", name, reason, needed=component.needed)
            for name, reason in component.reasons.items()
        ]
    rows += [_row("any", name, reason, needed=False) for name, reason in ANY_COMPONENT.items()]
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """Return ``text`` with the present table between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        GUIDE.write_text(written(GUIDE.read_text()))
    else:
        sys.stdout.write(table())
