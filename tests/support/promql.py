"""What a query of Prometheus asks for: metrics, and the labels that it names with each."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\b(?!\s*\()(?:\{([^}]*)\})?")
_WORDS = {"and", "or", "unless", "offset", "bool", "e", "inf"}
_DURATION = re.compile(r"\b\d+(?:\.\d+)?(?:ms|[smhdwy])\b")


def selectors(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each metric with the labels that select its series, and those it is grouped by."""
    bare = _STRING.sub('""', expression)
    grouped = {
        label.strip()
        for labels in _GROUPING.findall(bare)
        for label in labels.split(",")
        if label.strip()
    }
    bare = _DURATION.sub("", _RANGE.sub("", _GROUPING.sub("", bare)))
    for name, labels in _SELECTOR.findall(bare):
        if name not in _WORDS:
            yield name, set(re.findall(r"(\w+)\s*(?:=|!)", labels)) | grouped


def documented(project: Path) -> Mapping[str, tuple[str, set[str]]]:
    """Return type and labels of every metric in the documents, by name."""
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+)[^|]*\| ([^|]*) \|",
        (project / "docs" / "metrics.md").read_text(),
        re.MULTILINE,
    )
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
