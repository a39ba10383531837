"""The version: said in the `pyproject.toml` at the top, written wherever else it stands."""

import re
from pathlib import Path
from typing import Final

from distributions.project import FOLDERS, distributions

_VERSION: Final = re.compile(r'^version = "([^"]*)"', re.MULTILINE)
_FORM: Final = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


def write_version(root: Path, version: str) -> list[str]:
    """Write ``version`` into every `pyproject.toml`; return the files that were changed.

    That is the version of each distribution, and what one asks of another.

    Raises `ValueError` when it does not have the form 1.2.3 or 1.2.3rc1.
    """
    if not _FORM.fullmatch(version):
        raise ValueError(f"expected a version such as 1.2.3 or 1.2.3rc1, got {version!r}")
    names = "|".join(each.name for each in distributions(root))
    pins = re.compile(rf'"({names})==[^"]*"')
    changed = []
    for folder in FOLDERS:
        path = root / folder / "pyproject.toml"
        before = path.read_text()
        after = _VERSION.sub(f'version = "{version}"', before, count=1)
        after = pins.sub(rf'"\g<1>=={version}"', after)
        if after != before:
            path.write_text(after)
            changed.append(str(path.relative_to(root)))
    return changed


def version(root: Path) -> str:
    """Return the version of all distributions."""
    return distributions(root)[-1].version


def disagreements(root: Path) -> list[str]:
    """Return where another version stands than the one at the top."""
    found = distributions(root)
    said = version(root)
    own = {each.name for each in found}
    wrong = [f"{each.name} is {each.version}" for each in found if each.version != said]
    wrong += [
        f"{each.name} asks for {line}"
        for each in found
        for line in each.requirements
        if line.partition("==")[0] in own and line != f"{line.partition('==')[0]}=={said}"
    ]
    return wrong
