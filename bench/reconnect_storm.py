"""Simulates a reconnect storm of a million clients, with and without hints.

Run ``python bench/reconnect_storm.py`` or ``make reconnect-storm``: about a minute of one core, no
servers. What a worker and tenant-api can take stands in ``bench/sizing/constants.json``; the paced
hints are those of the service itself, ``chat3_user.errors.RetryPacing``.
"""

import argparse
import json
import time
from dataclasses import asdict

from sizing.constants import constants
from sizing.scenarios import RESULTS, SCENARIOS, scenario_table
from sizing.storm import Course


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=list(SCENARIOS), help="names of scenarios")
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    given = constants()
    played: dict[str, Course] = {}
    for name in options.only:
        began = time.monotonic()
        played[name] = SCENARIOS[name].play(given)
        print(f"{name}: played in {time.monotonic() - began:.0f} s", flush=True)
    print(scenario_table(played))
    if options.save and set(options.only) == set(SCENARIOS):
        courses = {name: asdict(course) for name, course in played.items()}
        RESULTS.write_text(json.dumps(courses) + "\n")
        print(f"written: bench/results/{RESULTS.name}")


if __name__ == "__main__":
    main()
