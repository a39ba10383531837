"""The style of the API documentation within this site: its own rules, in the site's colours."""

import re
from importlib import resources
from typing import Final

_PARTS: Final = ("content", "symbols", "pages", "phone")
_REM: Final = re.compile(r"(?<![\w.])(-?\d*\.?\d+)rem\b")
# Of the site's root font, 16 px are 0.8 rem.
_SCALE: Final = 0.8

_COLOURS: Final = """\
  --page: var(--md-default-bg-color);
  --panel: var(--md-code-bg-color);
  --raised: var(--md-default-bg-color);
  --line: var(--md-default-fg-color--lightest);
  --line-strong: var(--md-default-fg-color--lighter);
  --text: var(--md-typeset-color);
  --soft: var(--md-typeset-color);
  --faint: var(--md-default-fg-color--light);
  --accent: var(--md-typeset-a-color);
  --code: var(--md-code-bg-color);
  --code-text: var(--md-code-fg-color);
  --code-line: var(--md-default-fg-color--lightest);
  --code-faint: var(--md-default-fg-color--light);
  --c-key: var(--md-code-hl-name-color);
  --c-string: var(--md-code-hl-string-color);
  --c-number: var(--md-code-hl-number-color);
  --c-literal: var(--md-code-hl-keyword-color);
  --sans: var(--md-text-font-family);
  --mono: var(--md-code-font-family);
  --top: 2.4rem;
  --measure: 100%;
"""


def style_sheet() -> str:
    """Return the rules, which hold within `.api` alone."""
    assets = resources.files("protoc_gen_chat3_docs") / "assets"
    parts = (_adapted((assets / f"{name}.css").read_text("utf-8")) for name in _PARTS)
    return "\n".join((".md-typeset .api {", _COLOURS, *parts, "}\n"))


def _adapted(text: str) -> str:
    """Return rules that count in the site's root font, and begin at `.api` instead of `main`."""
    lines = (
        line if line.startswith("@media") else _REM.sub(_scaled, line) for line in text.splitlines()
    )
    return re.sub(r"^(\s*)main\b", r"\1&", "\n".join(lines), flags=re.MULTILINE)


def _scaled(found: re.Match[str]) -> str:
    return f"{float(found[1]) * _SCALE:.4g}rem"
