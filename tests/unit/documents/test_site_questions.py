"""The questions that the site's search has to answer lead to pages that exist."""

import sys
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def tools_on_path(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(project / "tools")])


def test_every_answer_is_a_page(project: Path) -> None:
    from docs_site.outside import OUTSIDE
    from docs_site.search import questions

    assert len(questions()) >= 25
    for question in questions():
        page = question.answer.partition("#")[0].removesuffix(".html") + ".md"
        generated = question.answer.startswith(("#", "api/"))
        assert generated or page in OUTSIDE or (project / "docs" / page).is_file(), question


def test_no_question_is_asked_twice() -> None:
    from docs_site.search import questions

    asked = [question.asked for question in questions()]
    assert sorted(asked) == sorted(set(asked))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("guides/send.html", 2),
        ("send.html", 2),
        ("guides/send.html#errors", 2),
        ("#errors", 1),
        ("guides/send.html#other", 0),
        ("d.html", 0),
    ],
)
def test_the_place_of_an_answer_is_that_of_its_page(answer: str, expected: int) -> None:
    from docs_site.search import place

    results = [
        ["file:///site/concepts/errors.html", "file:///site/concepts/errors.html#errors"],
        ["file:///site/guides/send.html", "file:///site/guides/send.html#errors"],
    ]
    assert place(results, answer) == expected
