"""Counts the lines of code of the programs, and writes docs/clients/effort.md.

PYTHONPATH=tests python -m scenario.effort.count
"""

import ast
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[3]
PAGE: Final = PROJECT / "docs" / "clients" / "effort.md"
_HERE: Final = Path(__file__).resolve().parent
PROGRAMS: Final = {
    "Python": "python/main.py",
    "TypeScript": "typescript/main.ts",
    "Go": "go/main.go",
}
_RULES: Final = PROJECT / "tests" / "support" / "merging.py"

_PAGE: Final = """\
# What a library saves

The table counts the lines of two programs that do the same: one on the generated stubs, one on
the library. Both show the reason and the fields of a failure, repeat a call with one key, keep the
resume token in a file, reload after a gap, treat silence as failure, and show an update once
([what they do in full](../../tests/scenario/effort/README.md)).

{table}

- A line of code is one with anything but white space, a comment or a docstring on it. Imports
  count.
- Neither program keeps a local store. The merge rules alone are {rules} lines of Python more
  ([`merging.py`](../../tests/support/merging.py)); the libraries have a store.
- The first versions of all three programs on the stubs failed the same check: after a silence, they
  opened the next stream on the connection that was dead.
- `make test-clients` runs all of these programs behind connections that break, and ends them in
  the middle.

`python -m scenario.effort.count` writes this page, with `PYTHONPATH=tests`.
"""


def lines_of_code(file: Path) -> int:
    """Return the number of lines with code on them."""
    text = file.read_text()
    lines = text.splitlines()
    mark = "#" if file.suffix == ".py" else "//"
    left_out = _docstrings(text) if file.suffix == ".py" else set()
    return sum(
        bool(line.strip()) and not line.strip().startswith(mark) and number not in left_out
        for number, line in enumerate(lines, start=1)
    )


def _docstrings(text: str) -> set[int]:
    """Return the numbers of the lines of docstrings, those behind attributes included."""
    return {
        number
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def page() -> str:
    """Return the page as it has to be."""
    rows = ["| | on the stubs | on the library | saved |", "|---|---|---|---|"]
    for language, program in PROGRAMS.items():
        counts = [lines_of_code(_HERE / when / program) for when in ("before", "after")]
        links = [
            f"[{count}](../../tests/scenario/effort/{when}/{program})"
            for when, count in zip(("before", "after"), counts, strict=True)
        ]
        rows.append(f"| {language} | {links[0]} | {links[1]} | {counts[0] - counts[1]} |")
    return _PAGE.format(table="\n".join(rows), rules=lines_of_code(_RULES))


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page())
