"""A copy of the project that a test may break, and what a make target does in it."""

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "api",
    "buf.gen.yaml",
    "buf.yaml",
    "clients/python/chat3_client/methods",
    "docs/errors.md",
    "docs/generated",
    "gen/python/chat3_api",
    "mk",
    "pyproject.toml",
    "tools",
)


@dataclass(frozen=True)
class Outcome:
    """What became of a make target."""

    passed: bool
    output: str


@dataclass(frozen=True)
class Project:
    """A copy of the project that a test may break."""

    root: Path

    def make(self, *arguments: str) -> Outcome:
        run = subprocess.run(
            ["make", "-f", "mk/generate.mk", f"VENV={sys.prefix}", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
        )
        return Outcome(passed=run.returncode == 0, output=run.stdout + run.stderr)

    def path(self, name: str) -> Path:
        return self.root / name

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.path(name).read_text("utf-8")
        assert text.count(old) == 1, f"{name} holds {old!r} {text.count(old)} times"
        self.path(name).write_text(text.replace(old, new), "utf-8")

    def cut(self, name: str, pattern: str) -> str:
        text = self.path(name).read_text("utf-8")
        found = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
        assert len(found) == 1, f"{name} holds {pattern!r} {len(found)} times"
        self.path(name).write_text(text.replace(found[0], ""), "utf-8")
        return str(found[0])


def copy_project(root: Path) -> Project:
    for name in COPIED:
        source, target = ROOT / name, root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    return Project(root)
