"""The page about effort is current, and its count is honest."""

from pathlib import Path

import pytest

from scenario.effort.count import PAGE, lines_of_code, page


def test_the_page_is_what_the_count_says() -> None:
    assert PAGE.read_text() == page(), "run: python -m scenario.effort.count"


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.py", '"""Of a module,\n\nof three lines."""\n\nimport os  # why\n\n# a comment\n', 1),
        (
            "a.py",
            'def f() -> str:\n    """Say."""\n    text = """\n\nlong"""\n    return text\n',
            4,
        ),
        ("a.go", "// Package a.\npackage a\n\n\t// why\n\tvar a = 1 // this\n", 2),
        ("a.ts", "// A comment.\nconst a = `\n`;\n", 2),
    ],
)
def test_lines_of_code_are_neither_empty_nor_comments(
    tmp_path: Path, name: str, text: str, lines: int
) -> None:
    (tmp_path / name).write_text(text)
    assert lines_of_code(tmp_path / name) == lines
