"""Documents name error reasons as `ErrorInfo.reason` does on the wire: `ERROR_REASON_…`."""

import re
from pathlib import Path

from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.config import SETTINGS

SHORT = {reason.name for reason in ErrorReason} - {"UNSPECIFIED"}
STATUSES = {"INTERNAL", "DEADLINE_EXCEEDED"}
"""Names that status codes of gRPC have, too."""
VARIABLES = {setting.variable for setting in SETTINGS.values()}

QUOTED = re.compile(r"`([A-Z][A-Z_]+)`")


def published(project: Path) -> list[Path]:
    """Return the documents that users read, and the contract, whose comments are published."""
    folders = ("docs", "api", "deploy", "clients", "cli", "embedded")
    found = [path for folder in folders for path in (project / folder).rglob("*.md")]
    found += [*project.glob("*.md"), *(project / "api").rglob("*.proto")]
    return [path for path in found if "node_modules" not in path.parts]


def test_every_reason_has_its_name_on_the_wire(project: Path) -> None:
    documents = published(project)
    assert len(documents) > 80
    wrong = [
        f"{path.relative_to(project)}: {name}"
        for path in documents
        for name in QUOTED.findall(path.read_text())
        if name in SHORT - STATUSES - VARIABLES
    ]
    assert wrong == []


def test_every_reason_that_a_document_names_exists(project: Path) -> None:
    named = {
        name
        for path in published(project)
        for name in re.findall(r"\bERROR_REASON_([A-Z_]+[A-Z])\b", path.read_text())
    }
    assert named
    assert named <= SHORT | {"UNSPECIFIED"}
