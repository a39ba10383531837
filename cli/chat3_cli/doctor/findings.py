"""What a check of the doctor finds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chat3_cli.failures import EXIT_OK, EXIT_REFUSED, EXIT_UNAVAILABLE, EXIT_USAGE


class Outcome(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check says."""

    check: str
    outcome: Outcome
    text: str
    advice: str = ""
    """What to do; for everything that is not in order."""
    exit_code: int = EXIT_OK
    """The process's, when this is the first thing that is wrong."""

    def to_json(self) -> dict[str, Any]:
        """Give it as a JSON object, without the advice where there is none."""
        said = {"check": self.check, "outcome": self.outcome.value, "text": self.text}
        return {**said, "advice": self.advice} if self.advice else said


def fine(check: str, text: str) -> Finding:
    """Say that something is in order."""
    return Finding(check, Outcome.OK, text)


def doubtful(check: str, text: str, advice: str) -> Finding:
    """Say that something works, or is not needed, and deserves a look."""
    return Finding(check, Outcome.WARNING, text, advice)


def not_checked(check: str, why: str) -> Finding:
    """Say that something could not be looked at."""
    return Finding(check, Outcome.NOT_CHECKED, why)


def misset(check: str, text: str, advice: str) -> Finding:
    """Say that a setting is wrong."""
    return Finding(check, Outcome.WRONG, text, advice, EXIT_USAGE)


def unavailable(check: str, text: str, advice: str) -> Finding:
    """Say that something cannot be reached, or does not work."""
    return Finding(check, Outcome.WRONG, text, advice, EXIT_UNAVAILABLE)


def refused(check: str, text: str, advice: str) -> Finding:
    """Say that an identity is refused."""
    return Finding(check, Outcome.WRONG, text, advice, EXIT_REFUSED)
