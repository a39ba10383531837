"""The style of the API documentation within this site: its own rules, in the site's colours."""

import re
from importlib import resources
from typing import Final

_PARTS: Final = ("content", "symbols", "pages", "phone")
_REM: Final = re.compile(r"(?<![\w.])(-?\d*\.?\d+)rem\b")
# Of the site's root font, 16 px are 0.8 rem.
_SCALE: Final = 0.8

_TOKENS: Final = re.compile(r"^  --(?:green|amber|red|violet|mark)\b.*$", re.MULTILINE)


def style_sheet() -> str:
    """Return the rules, which hold within `.api` alone."""
    assets = resources.files("protoc_gen_chat3_docs") / "assets"
    tokens = _TOKENS.findall((assets / "tokens.css").read_text("utf-8"))
    parts = (_adapted((assets / f"{name}.css").read_text("utf-8")) for name in _PARTS)
    own = (resources.files("docs_site") / "api.css").read_text("utf-8")
    return "\n".join((".md-typeset .api {", *tokens, *parts, own, "}\n"))


def _adapted(text: str) -> str:
    """Return rules that count in the site's root font, and begin at `.api` instead of `main`."""
    lines = (
        line if line.startswith("@media") else _REM.sub(_scaled, line) for line in text.splitlines()
    )
    return re.sub(r"^(\s*)main\b", r"\1&", "\n".join(lines), flags=re.MULTILINE)


def _scaled(found: re.Match[str]) -> str:
    return f"{float(found[1]) * _SCALE:.4g}rem"
