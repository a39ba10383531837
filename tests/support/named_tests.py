"""Tests that documents and other tests name: do they exist, and does `make test` run them?"""

import ast
from functools import lru_cache
from pathlib import Path


@lru_cache
def _tests(file: Path) -> dict[str, frozenset[str]]:
    """Return a file's tests, and the marks of each."""
    found = {}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            marks = {ast.unparse(mark) for mark in node.decorator_list}
            found[node.name] = frozenset(marks)
        elif isinstance(node, ast.Assign):
            # A state machine of hypothesis is a test under the name it is assigned to.
            found |= {
                target.id: frozenset() for target in node.targets if isinstance(target, ast.Name)
            }
    return {name: marks for name, marks in found.items() if name.lower().startswith("test")}


def exists(file: Path, name: str) -> bool:
    """Return whether the file has a test of this name."""
    return file.exists() and name in _tests(file)


def is_slow(file: Path, name: str) -> bool:
    """Return whether only the heavy suites' own targets run the test."""
    return any(mark.startswith("pytest.mark.slow") for mark in _tests(file)[name])
