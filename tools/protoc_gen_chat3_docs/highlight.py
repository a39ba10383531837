"""Colours code: JSON by its grammar, shell and programs by their comments and strings."""

import re
from html import escape

_JSON = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)'
    r'|(?P<string>"(?:[^"\\]|\\.)*")'
    r"|(?P<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)"
    r"|(?P<literal>\b(?:true|false|null)\b)",
)
_STRINGS = r"""(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\]|\\.)*')"""
_SHELL = re.compile(
    r"(?P<comment>^\#.*$)|" + _STRINGS + r"|(?P<key>(?<=\s)--?[a-z][\w-]*)|(?P<variable>\$\w+)",
    re.MULTILINE,
)
_PYTHON = re.compile(
    r"(?P<comment>\#.*$)|" + _STRINGS + r"|(?P<literal>\b(?:as|async|await|def|except|False|for|"
    r"from|if|import|in|is|None|not|return|True|try|with)\b)|(?P<number>\b\d+\b)",
    re.MULTILINE,
)
_GRAMMARS = {"json": _JSON, "sh": _SHELL, "python": _PYTHON}


def highlight(code: str, language: str) -> str:
    """Give the code as HTML, with a `span` around every part that has a colour."""
    code = code.rstrip("\n")
    grammar = _GRAMMARS.get(language)
    if grammar is None:
        return escape(code, quote=False)
    parts: list[str] = []
    end = 0
    for match in grammar.finditer(code):
        parts.append(escape(code[end : match.start()], quote=False))
        parts.append(f'<span class="c-{match.lastgroup}">{escape(match[0], quote=False)}</span>')
        end = match.end()
    parts.append(escape(code[end:], quote=False))
    return "".join(parts)
