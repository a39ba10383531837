"""Prints what so many connected users take, as the tables of ``docs/scaling.md``.

Run ``python bench/capacity.py`` or ``make capacity``. ``--write`` puts the tables into the guides,
``--users 250000`` prints one column for your own number. All figures it starts from, with their
sources, stand in ``bench/sizing/constants.json``: put your own there.
"""

import argparse
import sys
from pathlib import Path

from sizing.constants import constants
from sizing.tables import GUIDES, of_guides, plans, sources, what_breaks, written

DOCS = Path(__file__).parents[1] / "docs"
STEPS = (10_000, 100_000, 1_000_000, 100_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=STEPS, help="connected users")
    parser.add_argument("--write", action="store_true", help="write the tables into the guides")
    options = parser.parse_args()
    given = constants()
    if options.write:
        tables = of_guides(STEPS, given)
        for guide, names in GUIDES.items():
            page = DOCS / guide
            page.write_text(written(page.read_text(), {name: tables[name] for name in names}))
        return
    parts = (plans(options.users, given), what_breaks(given), sources())
    sys.stdout.write("\n".join(parts))


if __name__ == "__main__":
    main()
