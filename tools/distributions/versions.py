"""The version: said in the `pyproject.toml` at the top, written wherever else it stands."""

import json
import re
from pathlib import Path
from typing import Any, Final

from distributions.project import FOLDERS, distributions

_CHART: Final = "deploy/helm/chat3-gateway/Chart.yaml"
_OF_NPM: Final = ("clients/typescript/package.json", "clients/typescript/package-lock.json")
PLACES: Final = (
    *(str(Path(folder, "pyproject.toml")) for folder in FOLDERS),
    _CHART,
    *_OF_NPM,
)
"""The files in which it stands."""

_OF_A_PROJECT: Final = re.compile(r'^(?P<before>version = ")[^"]*', re.MULTILINE)
_OF_THE_CHART: Final = re.compile(
    r"^(?P<before>(?P<key>version|appVersion): )(?P<said>.*)", re.MULTILINE
)
_FORM: Final = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")


def write_version(root: Path, version: str) -> list[str]:
    """Write ``version`` wherever it stands; return the files that were changed.

    That is the version of each distribution, what one asks of another, the chart's and that of the
    npm package.

    Raises `ValueError` when it does not have the form 1.2.3 or 1.2.3rc1.
    """
    if not _FORM.fullmatch(version):
        raise ValueError(f"expected a version such as 1.2.3 or 1.2.3rc1, got {version!r}")
    names = "|".join(each.name for each in distributions(root))
    pinned = re.compile(rf'(?P<before>"({names})==)[^"]*')
    in_chart = _in_chart(version)
    changed = []
    for place in PLACES:
        text = before = (root / place).read_text()
        if place == _CHART:
            text = _OF_THE_CHART.sub(lambda said: said["before"] + in_chart[said["key"]], text)
        elif place in _OF_NPM:
            package = json.loads(text)
            for part in _parts_of_npm(package):
                part["version"] = _semantic(version)
            text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
        else:
            for pattern in (_OF_A_PROJECT, pinned):
                text = pattern.sub(rf"\g<before>{version}", text)
        if text != before:
            (root / place).write_text(text)
            changed.append(place)
    return changed


def _in_chart(version: str) -> dict[str, str]:
    """Return the chart's own version, which Helm wants as SemVer, and the image's tag."""
    return {"version": _semantic(version), "appVersion": version}


def _semantic(version: str) -> str:
    """Return a version as SemVer writes it: 1.2.3-rc1."""
    return re.sub(r"(?=a|b|rc)", "-", version, count=1)


def _parts_of_npm(package: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what says the package's version: the file itself, and in a lock its first package."""
    return [package, *(part for name, part in package.get("packages", {}).items() if not name)]


def version(root: Path) -> str:
    """Return the version of all distributions."""
    return distributions(root)[-1].version


def disagreements(root: Path) -> list[str]:
    """Return where another version stands than the one at the top."""
    found = distributions(root)
    said = version(root)
    pins = {each.name: f"{each.name}=={said}" for each in found}
    wrong = [f"{each.name} is {each.version}" for each in found if each.version != said]
    wrong += [
        f"{each.name} asks for {line}"
        for each in found
        for line in each.requirements
        if line != pins.get(line.partition("==")[0], line)
    ]
    in_chart = _in_chart(said)
    chart = _OF_THE_CHART.finditer((root / _CHART).read_text())
    wrong += [
        f"the chart's {each['key']} is {each['said']}"
        for each in chart
        if each["said"] != in_chart[each["key"]]
    ]
    wrong += [
        f"{place} says {part['version']}"
        for place in _OF_NPM
        for part in _parts_of_npm(json.loads((root / place).read_text()))
        if part["version"] != _semantic(said)
    ]
    return wrong
