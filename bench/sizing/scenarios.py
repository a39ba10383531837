"""The storms that are played, and what the guide says of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chat3_api.chat3.user.v1 import ErrorReason
from sizing.constants import Constants
from sizing.storm import (
    Course,
    Paced,
    Place,
    Rules,
    between,
    full_jitter,
    no_jitter,
    play,
    told,
)

RESULTS = Path(__file__).parents[1] / "results" / "reconnect_storm.json"

_PER_WORKER = 10_000
_AWAY = 60.0
"""Seconds for which the broker is away."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``lost`` workers' clients come to ``workers``; ``part`` is their part of tenant-api."""

    what: str
    hints: str
    lost: int
    workers: int
    part: float
    rules: str

    def play(self, given: Constants) -> Course:
        """Return the course of the storm."""
        place = Place.of(self.lost, self.workers, given, part=self.part)
        return play(self.lost * _PER_WORKER, place, rules_of(self.rules))


def rules_of(name: str) -> Rules:
    """Return the rules of a name; each storm has hints of its own, which remember."""
    jitter = full_jitter()
    was_ended, was_full, was_away = between(0.1, 1.0), between(0.5, 1.5), between(2.0, 2.0)
    ended = Paced(ErrorReason.SHUTTING_DOWN, between(0.1, 1.0))
    full = Paced(ErrorReason.OVERLOADED, between(0.5, 1.0))
    away = Paced(ErrorReason.UPDATES_UNAVAILABLE, between(2.0, 2.0))
    return {
        "no jitter": lambda: Rules(no_jitter(), no_jitter(), no_jitter()),
        "jitter": lambda: Rules(jitter, jitter, jitter),
        "patient": lambda: Rules(full_jitter(first=5.0), jitter, jitter),
        "ended, as it was": lambda: Rules(told(was_ended), jitter, jitter),
        "ended, paced": lambda: Rules(told(ended), jitter, jitter),
        "away, as it was": lambda: Rules(jitter, jitter, told(was_away), closed_until=_AWAY),
        "away, paced": lambda: Rules(jitter, jitter, told(away), closed_until=_AWAY),
        "full, as it was": lambda: Rules(jitter, jitter, told(was_full), admitted=1000),
        "full, paced": lambda: Rules(jitter, jitter, told(full), admitted=1000),
    }[name]()


_CUT = "a load balancer loses all connections of 100 workers"
_TEN = "10 of 100 workers are stopped at once"
_ONE = "1 of 2 workers is stopped"
_AWAY_TEXT = "10 workers lose their connections while the broker is away for a minute"
_FULL = "10 workers lose their connections and take 1,000 openings at once"

SCENARIOS: Mapping[str, Scenario] = {
    "cut, no jitter": Scenario(_CUT, "none, and no jitter", 100, 100, 1.0, "no jitter"),
    "cut": Scenario(_CUT, "none", 100, 100, 1.0, "jitter"),
    "cut, patient": Scenario(_CUT, "none, first wait up to 5 s", 100, 100, 1.0, "patient"),
    "ten stopped, as it was": Scenario(_TEN, "0.1 to 1 s", 10, 90, 1.0, "ended, as it was"),
    "ten stopped": Scenario(_TEN, "paced", 10, 90, 1.0, "ended, paced"),
    "one of two stopped, as it was": Scenario(_ONE, "0.1 to 1 s", 1, 1, 1.0, "ended, as it was"),
    "one of two stopped": Scenario(_ONE, "paced", 1, 1, 1.0, "ended, paced"),
    "broker away, as it was": Scenario(_AWAY_TEXT, "2 s", 10, 10, 0.1, "away, as it was"),
    "broker away": Scenario(_AWAY_TEXT, "paced", 10, 10, 0.1, "away, paced"),
    "refused, as it was": Scenario(_FULL, "0.5 to 1.5 s", 10, 10, 0.1, "full, as it was"),
    "refused": Scenario(_FULL, "paced", 10, 10, 0.1, "full, paced"),
    "not refused": Scenario(
        "10 workers lose their connections and refuse nobody", "none", 10, 10, 0.1, "jitter"
    ),
}


def played() -> dict[str, Course]:
    """Return the courses of the last run."""
    found = json.loads(RESULTS.read_text())
    return {name: Course(**course) for name, course in found.items()}


def scenario_table(courses: Mapping[str, Course]) -> str:
    """Return the table of what happened."""
    heads = (
        *("what happens", "clients", "hints", "attempts in the busiest second", "refusals"),
        *("gave up", "everything is late by, s", "seconds with a full core"),
        "99.9 % are back after, s",
    )
    lines = [f"| {' | '.join(heads)} |"]
    lines.append("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, course in courses.items():
        scenario = SCENARIOS[name]
        back = course.back_after(0.999)
        lines.append(
            f"| {scenario.what} | {course.clients:,} | {scenario.hints} |"
            f" {max(course.attempts):,} | {course.refusals:,} | {course.given_up:,} |"
            f" {course.longest_lag:.1f} | {course.full_seconds} | {back} |"
        )
    return "\n".join(lines) + "\n"
