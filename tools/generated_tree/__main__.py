"""Brings generated files into the project, or says how the project's differ from fresh ones.

A fresh generation stands in a directory of its own. `write` copies what changed and removes what
generation no longer makes; `check` changes nothing, prints a summary and fails on any difference.
"""

import argparse
import difflib
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from generated_tree.difference import Difference, compare

SHOWN_DIFF_LINES = 12


def main() -> int:
    """Run the action that the command line names."""
    parser = argparse.ArgumentParser("generated_tree")
    parser.add_argument("action", choices=("write", "check"))
    parser.add_argument("fresh", type=Path, help="the directory of a fresh generation")
    parser.add_argument("project", type=Path, help="the project's root")
    arguments = parser.parse_args()
    difference = compare(arguments.fresh, arguments.project)
    if arguments.action == "write":
        write(difference, arguments.fresh, arguments.project)
        return 0
    return check(difference, arguments.fresh, arguments.project)


def write(difference: Difference, fresh: Path, project: Path) -> None:
    """Make the project's generated files equal to the fresh ones."""
    for path in (*difference.changed, *difference.missing):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(fresh / path, project / path)
        _say(f"generate: wrote {path}")
    for path in difference.stale:
        (project / path).unlink()
        _remove_empty_folders(project, path.parent)
        _say(f"generate: removed {path}")
    if not difference:
        _say("generate: everything was up to date")


def _remove_empty_folders(project: Path, folder: Path) -> None:
    while not any((project / folder).iterdir()):
        (project / folder).rmdir()
        folder = folder.parent


def check(difference: Difference, fresh: Path, project: Path) -> int:
    """Report the differences; the result is the exit status."""
    if not difference:
        _say("check-generated: everything is up to date")
        return 0
    for path in difference.missing:
        _say(f"missing  {path}: generation makes it, the project lacks it")
    for path in difference.stale:
        _say(f"stale    {path}: generation no longer makes it")
    for path in difference.changed:
        _say(f"changed  {path}")
        for line in _diff(project / path, fresh / path):
            _say(f"    {line}")
    total = len(difference.missing) + len(difference.stale) + len(difference.changed)
    _say(f"check-generated: {total} generated file(s) differ; run 'make generate'")
    return 1


def _diff(old: Path, new: Path) -> Iterator[str]:
    try:
        before, after = old.read_text("utf-8").splitlines(), new.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        yield f"binary: {old.stat().st_size} bytes here, {new.stat().st_size} bytes fresh"
        return
    lines = list(difflib.unified_diff(before, after, "project", "fresh", n=0, lineterm=""))[2:]
    yield from lines[:SHOWN_DIFF_LINES]
    if len(lines) > SHOWN_DIFF_LINES:
        yield f"... {len(lines) - SHOWN_DIFF_LINES} more line(s)"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
