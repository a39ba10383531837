"""Finds phrases of `phrases.toml` in the prose of Markdown: not in code, targets or comments."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from prose.findings import Finding

_PHRASES: Final = Path(__file__).parent / "phrases.toml"
# A fence may be indented, within a list or a tab; its end is indented as its beginning.
_NOT_PROSE: Final = re.compile(
    r"^(?P<indent> *)```.*?^(?P=indent)```|`[^`]*`|<!--.*?-->|\]\([^)]*\)|<https?:[^>]*>",
    re.MULTILINE | re.DOTALL,
)


def prose_of(text: str) -> str:
    """Return the text with blanks for what is no prose; lines and columns stay."""
    return _NOT_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def phrases(files: Sequence[Path]) -> Iterator[Finding]:
    """Yield where the phrases stand."""
    rules = [
        (_rule(each["not"]), each["but"])
        for each in tomllib.loads(_PHRASES.read_text("utf-8"))["phrase"]
    ]
    for file in files:
        text = prose_of(file.read_text("utf-8"))
        for pattern, instead in rules:
            for found in pattern.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                words = " ".join(found[0].split())
                yield Finding(str(file), line, "phrase", words, f"write {instead}")


def _rule(phrase: str) -> re.Pattern[str]:
    """Return the expression for whole words, on one line or on two."""
    spaced = phrase.replace(" ", r"\s+") if "(?<" not in phrase else phrase
    return re.compile(rf"(?<!\w)(?:{spaced})(?!\w)", re.IGNORECASE)
