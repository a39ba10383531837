import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


def test_the_readme_lists_every_setting_with_its_default(project: Path) -> None:
    from settings_table import table

    assert table() in (project / "README.md").read_text(), (
        "run: python tools/settings_table.py --write"
    )


def test_every_link_of_the_documents_leads_somewhere(project: Path) -> None:
    import re

    for document in (d for p in ("*.md", "docs/**/*.md", "api/*.md") for d in project.glob(p)):
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
