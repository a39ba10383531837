"""Every place of the service that logs gives exceptions as they are, and messages of its own."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICE = Path(__file__).resolve().parents[3] / "service" / "chat3_user"
LEVELS = ("debug", "info", "warning", "error", "exception", "critical", "log")
TEXTS = ("str", "repr", "format", "ascii")
"""What makes a text of an exception, which `described` would have judged."""
FAILURES = ("error", "problem", "failure", "exc")
PARTS = ("message", "args", "body", "content", "headers", "metadata")
"""Parts of failures, calls and answers that hold what others say."""


def logging_calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="log"), attr=name)) if (
                name in LEVELS
            ):
                yield node


def faults(call: ast.Call) -> Iterator[str]:
    """Yield what a call of a logger may not do."""
    level = isinstance(call.func, ast.Attribute) and call.func.attr == "log"
    message, *more = call.args[1:] if level else call.args
    if not (isinstance(message, ast.Constant) and isinstance(message.value, str)) or more:
        yield "a message that is not of ours alone"
    for keyword in call.keywords:
        if keyword.arg != "extra":
            continue
        for node in ast.walk(keyword.value):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=what)]) if (
                    name in TEXTS and what in FAILURES
                ):
                    yield f"{name}() instead of the value"
                case ast.Attribute(attr=name) if name in PARTS:
                    yield f"a part named {name}"


@pytest.mark.parametrize(
    "path", sorted(SERVICE.rglob("*.py")), ids=lambda path: str(path.relative_to(SERVICE))
)
def test_no_text_of_others_is_logged(path: Path) -> None:
    found = [
        f"{path.name}:{call.lineno}: {fault}"
        for call in logging_calls(ast.parse(path.read_text()))
        for fault in faults(call)
    ]
    assert not found


def test_the_places_that_log_are_found() -> None:
    trees = [ast.parse(path.read_text()) for path in SERVICE.rglob("*.py")]
    assert sum(1 for tree in trees for _ in logging_calls(tree)) > 40


@pytest.mark.parametrize(
    "line",
    [
        "log.warning('x %s', error)",
        "log.warning(f'x {error}')",
        "log.error('x', extra={'problem': str(error)})",
        "log.log(level, 'x', extra={'problem': error.message[:200]})",
    ],
)
def test_what_may_not_be_done_is_seen(line: str) -> None:
    (call,) = logging_calls(ast.parse(line))
    assert list(faults(call))
