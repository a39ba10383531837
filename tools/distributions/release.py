"""What a release asks first: that its tag is the version, and that the changelog tells of it."""

import re
from pathlib import Path

from distributions.versions import disagreements, version


def release_notes(root: Path, tag: str) -> str:
    """Return what `CHANGELOG.md` says of the version that ``tag`` names, such as v1.2.3.

    Raises `ValueError` when that is not the version of all distributions, or nothing is said.
    """
    if wrong := disagreements(root):
        raise ValueError("\n".join(wrong))
    if tag != f"v{version(root)}":
        raise ValueError(f"the tag is {tag}, the version {version(root)}")
    sections = re.split(r"^## ", (root / "CHANGELOG.md").read_text(), flags=re.MULTILINE)
    for section in sections[1:]:
        heading, _, notes = section.partition("\n")
        if heading.split()[0] == version(root) and notes.strip():
            return notes.strip()
    raise ValueError(f"CHANGELOG.md has no section {version(root)}")
