"""One thing that is wrong with a text, and where."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Finding:
    """Where it is, which rule says so, the words, and what the rule says."""

    file: str
    line: int
    rule: str
    words: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.words!r}: {self.advice} ({self.rule})"
