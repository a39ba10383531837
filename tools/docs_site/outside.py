"""Pages of the site whose text stands outside `docs/`, where readers of the repository look."""

from collections.abc import Mapping
from typing import Final

OUTSIDE: Final[Mapping[str, str]] = {
    "security.md": "SECURITY.md",
    "changelog.md": "CHANGELOG.md",
    "contributing.md": "CONTRIBUTING.md",
    "api/rules.md": "api/README.md",
    "api/changelog.md": "api/CHANGELOG.md",
}
"""The path in the repository of each such page, by its path in the site."""

API_DOCS: Final = "docs/generated/"
"""Where the API documentation stands in the repository, as a site of its own."""

API: Final = "api/"
"""Where it stands in this site."""
