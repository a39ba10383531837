"""The fenced blocks of a page of the documentation, each with its place and the marks above it.

A mark is an HTML comment directly above a block, which readers do not see:

| mark | what it says |
|---|---|
| `<!-- not run: REASON -->` | the block is shown and not run, for this reason |
| `<!-- terminal: 2 -->` | the commands are typed into another terminal than the first one |
| `<!-- keeps running -->` | the last command does not end; what it shows comes while others run |
| `<!-- fails -->` | the last command ends with a failure, as the text says |

Several marks of a block that is run stand in one comment, with `;` between them.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SHELL: Final = ("console", "sh", "bash", "shell")
PROGRAMS: Final = ("python", "typescript", "go")
_SAME: Final = {"ts": "typescript", "py": "python", "golang": "go", "yml": "yaml"}
MARKS: Final = ("terminal", "keeps running", "fails")

_FENCE: Final = re.compile(
    r"(?P<indent> *)(?P<fence>`{3,}|~{3,}) *(?P<language>[\w+-]*)(?P<rest>.*)"
)
_TAB: Final = re.compile(r'(?P<indent> *)===\+? "(?P<label>[^"]+)"')
_HEADING: Final = re.compile(r"#{1,6} +(?P<text>.+?)(?: +\{.*\})?\s*")
_COMMENT: Final = re.compile(r" *<!-- (?P<text>.*) -->\s*")
_TITLE: Final = re.compile(r'title="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block."""

    page: str
    """The page's path from the top of the project."""
    line: int
    """The line of the opening fence, counted from 1."""
    language: str
    """What the fence names, with one name for each language; may be empty."""
    text: str
    """What stands between the fences, without the block's own indentation."""
    title: str = ""
    """The file that the block is, when the fence has `title="…"`."""
    tabs: tuple[str, ...] = ()
    """The labels of the tabs that the block stands in, the outermost first."""
    section: str = ""
    """The heading above."""
    marks: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """Where a reader finds it: `docs/start/index.md:17`."""
        return f"{self.page}:{self.line}"

    @property
    def skipped(self) -> str:
        """Why it is not run; empty for one that is."""
        return self.marks.get("not run", "")

    @property
    def terminal(self) -> str:
        """The terminal that its commands are typed into."""
        return self.marks.get("terminal", "1")


class MarkError(Exception):
    """A mark that is none, or a block that does not end."""


def pages(project: Path) -> list[Path]:
    """Return the pages that people write: the README, and `docs` without what is generated."""
    written = (project / "docs").rglob("*.md")
    generated = project / "docs" / "generated"
    return [project / "README.md", *sorted(p for p in written if generated not in p.parents)]


def blocks_of(project: Path, page: str) -> list[Block]:
    """Return the blocks of a page, by its path from the top of the project."""
    return list(blocks((project / page).read_text("utf-8"), page))


def blocks(text: str, page: str) -> Iterator[Block]:
    """Yield the blocks of a Markdown text. Raises `MarkError` for marks that are none."""
    lines = text.splitlines()
    section, comment = "", ""
    tabs: list[tuple[int, str]] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        number += 1
        if not line.strip():
            continue
        indent = len(line) - len(line.lstrip(" "))
        while tabs and indent <= tabs[-1][0]:
            tabs.pop()
        if found := _TAB.fullmatch(line):
            tabs.append((len(found["indent"]), found["label"]))
        elif found := _FENCE.fullmatch(line):
            first = number
            inside: list[str] = []
            while number < len(lines) and lines[number].strip() != found["fence"]:
                inside.append(lines[number].removeprefix(found["indent"]))
                number += 1
            if number == len(lines):
                raise MarkError(f"{page}:{first}: the block does not end")
            number += 1
            title = _TITLE.search(found["rest"])
            language = found["language"].lower()
            yield Block(
                page=page,
                line=first,
                language=_SAME.get(language, language),
                text="".join(f"{each}\n" for each in inside),
                title=title[1] if title else "",
                tabs=tuple(label for _, label in tabs),
                section=section,
                marks=_marks(comment, f"{page}:{first}"),
            )
        elif found := _HEADING.fullmatch(line):
            section = found["text"]
        found = _COMMENT.fullmatch(line)
        comment = found["text"] if found else ""


def _marks(comment: str, place: str) -> dict[str, str]:
    """Read the marks of the comment above a block; other comments are none of ours."""
    name, _, reason = comment.partition(":")
    if name.strip() == "not run":
        if not reason.strip():
            raise MarkError(f"{place}: a block that is not run needs a reason")
        return {"not run": reason.strip()}
    parts = [part.partition(":") for part in comment.split(";")]
    marks = {name.strip(): value.strip() for name, _, value in parts}
    if not marks.keys() & set(MARKS):
        return {}
    for unknown in marks.keys() - set(MARKS):
        raise MarkError(f"{place}: there is no mark {unknown!r}")
    return marks
