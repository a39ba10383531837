import re
import sys
from pathlib import Path

import pytest

from chat3_user.config import SETTINGS


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


def test_the_page_of_settings_is_what_the_code_says(project: Path) -> None:
    from settings_table import written

    page = (project / "docs" / "configuration.md").read_text()
    assert page == written(page), "run: python tools/settings_table.py --write"


def test_the_page_of_settings_has_every_setting_once(project: Path) -> None:
    page = (project / "docs" / "configuration.md").read_text()
    rows = re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(setting.variable for setting in SETTINGS.values())


def test_every_link_of_the_documents_leads_somewhere(project: Path) -> None:
    for document in (d for p in ("*.md", "docs/**/*.md", "api/*.md") for d in project.glob(p)):
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
