"""Writes the tables of `docs/configuration.md`, and the names of settings into the chart's schema.

Without `--write` it prints the tables.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from msgspec import Meta

import chart_settings
from chat3_user.config import SETTINGS, Setting
from chat3_user.limits.settings import RATE_PATTERN
from settings_groups import GROUPS

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "configuration.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"

_CHOICES: Final = re.compile(r"\^\(([a-z|]+)\)\$")


def tables() -> str:
    """Return a section with a table for each group."""
    return "\n".join(
        f"## {group.title}\n\n{group.text}\n\n{_table(_of(group.parts))}" for group in GROUPS
    )


def written(text: str) -> str:
    """Return ``text`` with the present tables between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{tables()}\n{END}{tail}"


def _of(parts: Sequence[str]) -> list[Setting]:
    """Return the settings of some parts, in the order in which the parts are named."""
    return [s for part in parts for s in SETTINGS.values() if s.path[0] == part]


def _table(settings: Sequence[Setting]) -> str:
    rows = ["| variable | default | takes | meaning |", "|---|---|---|---|"]
    for each in settings:
        cells = (f"`{each.variable}`", _default(each), _takes(each), each.description)
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _default(setting: Setting) -> str:
    default = setting.default
    if default == "":
        return ""
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _takes(setting: Setting) -> str:
    """Return which values the setting takes, where its default does not say it."""
    rule: Any = setting.rule
    meta: Meta = rule.__metadata__[0]
    if rule.__origin__ is bool:
        return "`true`, `false`"
    if meta.pattern and (choices := _CHOICES.fullmatch(meta.pattern)):
        return ", ".join(f"`{choice}`" for choice in choices[1].split("|"))
    if meta.pattern == RATE_PATTERN:
        return "a rate"
    return " ".join(_bounds(meta))


def _bounds(meta: Meta) -> Iterator[str]:
    if meta.ge is not None:
        yield f"from {meta.ge}"
    if meta.gt is not None:
        yield f"above {meta.gt}"
    if meta.le is not None:
        yield f"to {meta.le}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(written(PAGE.read_text()))
        chart_settings.write()
    else:
        sys.stdout.write(tables())
