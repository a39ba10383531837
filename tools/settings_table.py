"""Prints the table of settings that stands in the README, or writes it there with `--write`."""

import sys
from pathlib import Path
from typing import get_type_hints

from chat3_user.config import Config

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- settings -->\n", "<!-- /settings -->\n"


def table() -> str:
    """Return the table: variable, default, meaning."""
    hints = get_type_hints(Config, include_extras=True)
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    defaults = dict(zip(Config.__struct_fields__, Config.__struct_defaults__, strict=True))
    # What is inherited comes last: an address is looked for first.
    for name in dict.fromkeys((*Config.__annotations__, *Config.__struct_fields__)):
        default = defaults[name]
        shown = f"`{str(default).lower() if isinstance(default, bool) else default}`"
        meaning = hints[name].__metadata__[0].description
        rows.append(f"| `{name.upper()}` | {'' if default == '' else shown} | {meaning} |")
    return "\n".join(rows) + "\n"


def written(text: str) -> str:
    """Return ``text`` with the present table between its marks."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        README.write_text(written(README.read_text()))
    else:
        sys.stdout.write(table())
