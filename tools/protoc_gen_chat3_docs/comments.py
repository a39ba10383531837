"""Takes the comments of a contract apart: rules, merge rules, parts of an error reason."""

import re
import textwrap
from dataclasses import dataclass

_REASON_LABEL = re.compile(r"^(Status|Details|Caller): ?", re.MULTILINE)
_MERGE_LABEL = re.compile(r"To merge(?:, (?P<when>[^:]+))?:\s+")
_EXAMPLE = re.compile(r"^Example:\n\n(?P<json>(?: {4}.*(?:\n|$))+)", re.MULTILINE)


@dataclass(frozen=True)
class RuledComment:
    """A comment with its `Rules:` paragraph set apart."""

    text: str
    rules: str | None


@dataclass(frozen=True)
class MergeComment:
    """A comment with the paragraph that says how to merge an update set apart."""

    text: str
    merge: str | None


@dataclass(frozen=True)
class ReasonComment:
    """The parts of a comment on an error reason."""

    text: str
    status: str
    details: str
    caller: str
    example: str


def clean(raw: str) -> str:
    """Remove the space that follows `//` in every line."""
    lines = (line.removeprefix(" ").rstrip() for line in raw.splitlines())
    return "\n".join(lines).strip("\n")


def split_rules(comment: str) -> RuledComment:
    """Set the paragraph that begins with `Rules:` apart."""
    text: list[str] = []
    rules: list[str] = []
    for paragraph in comment.split("\n\n"):
        if paragraph.startswith("Rules:"):
            rules.append(" ".join(paragraph.removeprefix("Rules:").split()))
        else:
            text.append(paragraph)
    return RuledComment("\n\n".join(text).strip(), " ".join(rules) or None)


def split_merge(comment: str) -> MergeComment:
    """Set the paragraphs that begin with `To merge:` (or `To merge, when ...:`) apart."""
    text: list[str] = []
    merge: list[str] = []
    for paragraph in comment.split("\n\n"):
        label = _MERGE_LABEL.match(paragraph)
        if label is None:
            text.append(paragraph)
            continue
        rest = paragraph[label.end() :]
        merge.append(f"{label['when']}: {rest}" if label["when"] else rest)
    sentences = (each[:1].upper() + each[1:] for each in merge)
    return MergeComment("\n\n".join(text).strip(), "\n\n".join(sentences) or None)


def split_reason(comment: str) -> ReasonComment | None:
    """Take the comment of an error reason apart; None when it does not have the form."""
    example = _EXAMPLE.search(comment)
    rest = _EXAMPLE.sub("", comment)
    text, *labelled = _REASON_LABEL.split(rest)
    parts = {
        label: " ".join(value.split())
        for label, value in zip(labelled[::2], labelled[1::2], strict=True)
    }
    if example is None or parts.keys() != {"Status", "Details", "Caller"}:
        return None
    return ReasonComment(
        text=text.strip(),
        status=parts["Status"].strip("`."),
        details=parts["Details"].rstrip("."),
        caller=parts["Caller"],
        example=textwrap.dedent(example["json"]).strip(),
    )
