"""One version, said in one place and written wherever else it stands."""

import re
from pathlib import Path
from types import ModuleType

import pytest


def test_all_distributions_have_one_version(versions: ModuleType, project: Path) -> None:
    assert versions.disagreements(project) == []


def test_a_new_version_is_written_wherever_it_stands(versions: ModuleType, copy: Path) -> None:
    old = versions.version(copy)
    changed = versions.write_version(copy, "7.8.9rc1")
    assert changed == [*versions.PLACES]
    assert versions.version(copy) == "7.8.9rc1"
    assert versions.disagreements(copy) == []
    texts = [(copy / place).read_text() for place in versions.PLACES]
    assert not re.search(rf"\b{re.escape(old)}\b", "".join(texts))


def test_nothing_but_the_version_is_written(versions: ModuleType, copy: Path) -> None:
    before = {place: (copy / place).read_text() for place in versions.PLACES}
    old = versions.version(copy)
    versions.write_version(copy, "7.8.9")
    versions.write_version(copy, old)
    assert {place: (copy / place).read_text() for place in versions.PLACES} == before


def test_the_chart_has_the_version_as_helm_reads_it(versions: ModuleType, copy: Path) -> None:
    versions.write_version(copy, "7.8.9rc1")
    lines = (copy / "deploy/helm/chat3-gateway/Chart.yaml").read_text().splitlines()
    assert "version: 7.8.9-rc1" in lines
    assert "appVersion: 7.8.9rc1" in lines


def test_npm_has_the_version_as_it_reads_it(versions: ModuleType, copy: Path) -> None:
    versions.write_version(copy, "7.8.9rc1")
    for name in ("package.json", "package-lock.json"):
        assert '  "version": "7.8.9-rc1",' in (copy / "clients/typescript" / name).read_text()


@pytest.mark.parametrize(
    ("place", "said", "problem"),
    [
        ("cli/pyproject.toml", '"chat3-contract=={}"', "chat3-cli asks for chat3-contract==0.0.7"),
        ("embedded/pyproject.toml", 'version = "{}"', "chat3-embedded is 0.0.7"),
        (
            "deploy/helm/chat3-gateway/Chart.yaml",
            "appVersion: {}",
            "the chart's appVersion is 0.0.7",
        ),
        (
            "clients/typescript/package.json",
            '"version": "{}"',
            "clients/typescript/package.json says 0.0.7",
        ),
    ],
)
def test_another_version_anywhere_is_named(
    versions: ModuleType, copy: Path, place: str, said: str, problem: str
) -> None:
    path = copy / place
    text = path.read_text()
    right = said.format(versions.version(copy))
    assert right in text
    path.write_text(text.replace(right, said.format("0.0.7")))
    assert versions.disagreements(copy) == [problem]


@pytest.mark.parametrize("wrong", ["", "1.2", "v1.2.3", "1.2.3-4", '1.2.3"'])
def test_what_is_no_version_is_refused(versions: ModuleType, copy: Path, wrong: str) -> None:
    with pytest.raises(ValueError, match="such as"):
        versions.write_version(copy, wrong)
