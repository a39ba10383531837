"""What the check of prose finds, and what it leaves alone."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Nobody can mend it.", "mend"),
        ("It works. Who calls often, waits.", "Who calls"),
        ("It works. What is above it is\nrefused.", "What is above it is refused."),
        ("We do this in\norder to win.", "in order to"),
    ],
)
def test_a_phrase_is_found_across_lines(tmp_path: Path, text: str, words: str) -> None:
    from prose.phrases import phrases

    page = tmp_path / "a.md"
    page.write_text(f"# A\n\n{text}\n")
    (found,) = phrases([page])
    assert (found.line, found.words) == (3, words)


@pytest.mark.parametrize(
    "text",
    [
        "Call `mend()`.",
        "```\nmend\n```",
        "    ```console\n    $ mend\n    ```",
        "<!-- mend -->",
        "[it](mend.md)",
        "An amendment is recommended.",
    ],
)
def test_what_is_no_prose_is_left_alone(tmp_path: Path, text: str) -> None:
    from prose.phrases import phrases

    page = tmp_path / "a.md"
    page.write_text(text)
    assert list(phrases([page])) == []


def test_grammar_and_spelling_are_looked_at_and_names_are_known(tmp_path: Path) -> None:
    from prose.grammar import grammar

    page = tmp_path / "a.md"
    page.write_text("The RabbitMQ of grpclib's users is is ther.\n\n`The SessoinStore` is p99.\n")
    assert [(each.line, each.rule) for each in grammar([page])] == [
        (1, "RepeatedWords"),
        (1, "SpellCheck"),
    ]


def test_an_answer_that_is_none_is_no_success(tmp_path: Path) -> None:
    from prose.grammar import grammar

    with pytest.raises(RuntimeError, match=r"not .*nothing"):
        list(grammar([tmp_path / "nothing.md"]))
