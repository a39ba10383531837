"""Prints the table of settings that stands in the README.

With `--write` it goes there, and the names of the settings into the schema of the Helm chart.
"""

import sys
from pathlib import Path

import chart_settings
from chat3_user.config import SETTINGS

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"


def table() -> str:
    """Return the table: variable, default, meaning."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for setting in SETTINGS.values():
        default = setting.default
        shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
        value = "" if default == "" else shown
        rows.append(f"| `{setting.variable}` | {value} | {setting.description} |")
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """Return ``text`` with the present table between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(written(README.read_text()))
        chart_settings.write()
    else:
        sys.stdout.write(table())
