"""The production lock: what it holds is what is tested here, whole and with hashes."""

import re
from importlib.metadata import metadata, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PINNED = re.compile(
    r"""
    ^ (?P<name>[A-Za-z0-9._-]+) == (?P<version>\S+)
    (?: [ ];[ ] (?P<marker>[^\\]+) )?
    (?P<hashes> (?: [ ]\\\n[ ]{4} --hash=sha256:[0-9a-f]{64} )+ ) \n
    """,
    re.MULTILINE | re.VERBOSE,
)
OURS = (
    *("chat3-codec", "chat3-contract", "chat3-cli", "chat3-client", "chat3-embedded"),
    "chat3-gateway",
)
OF_PEOPLE = ("keyring",)
"""What people at their own machine may want: no machine of production installs it."""


@pytest.fixture(scope="module")
def lock(project: Path) -> str:
    return (project / "requirements-production.lock").read_text()


@pytest.fixture(scope="module")
def pinned(lock: str) -> dict[str, re.Match[str]]:
    return {match["name"]: match for match in PINNED.finditer(lock)}


@pytest.fixture(scope="module")
def needed() -> set[str]:
    """All that the distributions need on this machine, directly or not, with their extras."""
    found: set[str] = set()
    waiting = [(name, {*(metadata(name).get_all("Provides-Extra") or ())}) for name in OURS]
    while waiting:
        name, extras = waiting.pop()
        for wanted in map(Requirement, requires(name) or ()):
            marker, other = wanted.marker, canonicalize_name(wanted.name)
            if marker and not any(marker.evaluate({"extra": extra}) for extra in {"", *extras}):
                continue
            if other not in (*found, *OURS, *OF_PEOPLE):
                found.add(other)
                waiting.append((other, wanted.extras))
    return found


def test_every_line_of_the_lock_is_a_version_with_hashes(lock: str) -> None:
    rest = PINNED.sub("", lock).splitlines()
    assert [line for line in rest if not line.startswith("#")] == []


def test_the_lock_holds_all_that_is_needed_in_the_versions_that_are_tested(
    pinned: dict[str, re.Match[str]], needed: set[str]
) -> None:
    held = {name: pinned[name]["version"] if name in pinned else None for name in needed}
    assert held == {name: version(name) for name in needed}


def test_the_lock_holds_nothing_else_but_what_other_machines_need(
    pinned: dict[str, re.Match[str]], needed: set[str]
) -> None:
    others = {name for name in pinned if name not in needed}
    assert {name for name in others if not pinned[name]["marker"]} == set()
