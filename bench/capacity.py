"""Prints what so many connected users take, as the tables of ``docs/scaling.md``.

Run ``python bench/capacity.py`` or ``make capacity``. ``--write`` puts the tables into the guide,
``--users 250000`` prints one column for your own number. All figures it starts from, with their
sources, stand in ``bench/sizing/constants.json``: put your own there.
"""

import argparse
import sys
from pathlib import Path

from sizing.constants import constants
from sizing.tables import plans, sources, what_breaks, written

GUIDE = Path(__file__).parents[1] / "docs" / "scaling.md"
STEPS = (10_000, 100_000, 1_000_000, 100_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=STEPS, help="connected users")
    parser.add_argument("--write", action="store_true", help="write the tables into the guide")
    options = parser.parse_args()
    given = constants()
    if options.write:
        GUIDE.write_text(written(GUIDE.read_text(), STEPS, given))
        return
    parts = (plans(options.users, given), what_breaks(given), sources())
    sys.stdout.write("\n".join(parts))


if __name__ == "__main__":
    main()
