"""Finds on which generated files two trees differ: a fresh generation's and the project's."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

# Everything below these paths is generated; what generation does not make is stale.
GENERATED = (
    Path("gen/python/chat3_api"),
    Path("docs/generated"),
    Path("docs/errors.md"),
)
# Except these, which are written by hand although a plugin also makes an (empty) one.
HAND_WRITTEN = frozenset(
    {
        Path("gen/python/chat3_api/__init__.py"),
        Path("gen/python/chat3_api/py.typed"),
    },
)


@dataclass(frozen=True)
class Difference:
    """How the project differs from a fresh generation, as paths relative to both."""

    changed: tuple[Path, ...]
    missing: tuple[Path, ...]
    stale: tuple[Path, ...]

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.changed or self.missing or self.stale)


def compare(fresh: Path, project: Path) -> Difference:
    """Find every generated path on which the two trees differ."""
    made = set(_generated_files(fresh))
    present = set(_generated_files(project))
    changed = {
        path
        for path in made & present
        if (fresh / path).read_bytes() != (project / path).read_bytes()
    }
    return Difference(
        changed=tuple(sorted(changed)),
        missing=tuple(sorted(made - present)),
        stale=tuple(sorted(present - made)),
    )


def _generated_files(root: Path) -> Iterator[Path]:
    for owned in GENERATED:
        top = root / owned
        for path in [top] if top.is_file() else top.rglob("*"):
            relative = path.relative_to(root)
            if not path.is_file() or "__pycache__" in relative.parts:
                continue
            if relative not in HAND_WRITTEN:
                yield relative
