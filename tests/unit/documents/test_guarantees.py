import re
from pathlib import Path

import pytest


def _links() -> list[tuple[str, str]]:
    text = (Path(__file__).parents[3] / "docs/guarantees.md").read_text()
    return re.findall(r"\[(test_\w+)\]\(\.\./([^)]+)\)", text)


@pytest.mark.parametrize(("test", "file"), _links())
def test_every_promise_is_attacked_by_a_test_that_exists(
    project: Path, test: str, file: str
) -> None:
    assert f"def {test}(" in (project / file).read_text()


def test_every_promise_names_its_test(project: Path) -> None:
    sections = (project / "docs/guarantees.md").read_text().split("\n## ")[1:]
    assert sections
    for section in sections:
        assert "](../tests/" in section, section.splitlines()[0]
