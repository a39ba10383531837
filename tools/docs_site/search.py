"""Searches a built site as a reader who is offline does, and checks where the answers are.

python -m docs_site.search SITE CHROMIUM
"""

import sys
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as Timeout

_QUESTIONS: Final = Path(__file__).parent / "questions.toml"
FIRST: Final = 3
"""Among how many results the page with the answer has to be."""

_INPUT: Final = "input.md-search__input"
_RESULT: Final = ".md-search-result__item"
# A result is a page, with those of its sections that match. `?h=…`, which marks the words on the
# page, stands between path and anchor.
_ADDRESSES: Final = """(results) => results.map((result) =>
  [...result.querySelectorAll("a.md-search-result__link")].map((link) =>
    decodeURIComponent(new URL(link.href).href.replace(/\\?[^#]*/, ""))))"""
_PATIENCE: Final = 60_000


@dataclass(frozen=True)
class Question:
    """What a reader types, and the address that has to be among the first results."""

    asked: str
    answer: str


def questions() -> tuple[Question, ...]:
    """Return all questions of `questions.toml`."""
    found: list[dict[str, Any]] = tomllib.loads(_QUESTIONS.read_text("utf-8"))["question"]
    return tuple(Question(**each) for each in found)


def place(results: Sequence[Sequence[str]], answer: str) -> int:
    """Return the place of an answer among results, counted from 1; 0 if it is not there.

    A result has the addresses of a page and of its sections. An answer that has an anchor is the
    end of one of them; an answer without an anchor is the end of the page's.
    """
    for number, addresses in enumerate(results, start=1):
        if any(_is(address, answer) for address in addresses):
            return number
    return 0


def _is(address: str, answer: str) -> bool:
    known = address if "#" in answer else address.partition("#")[0]
    return known.endswith(answer if answer.startswith("#") else f"/{answer}")


def failures(site: Path, chromium: str) -> Iterator[str]:
    """Yield the questions whose answers are not among the first results."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for question in questions():
            page.goto((site / "index.html").resolve().as_uri())
            results = _results(page, question.asked)
            found = place(results, question.answer)
            if not 0 < found <= FIRST:
                first = ", ".join(each[0].rpartition("/")[2] for each in results[:FIRST])
                yield f"{question.asked!r}: {question.answer} is result {found or 'none'}; {first}"
        browser.close()


def _results(page: Page, asked: str) -> list[list[str]]:
    """Type a question at once, so that all results are those of the whole question."""
    page.click(_INPUT)
    page.keyboard.insert_text(asked)
    page.keyboard.press("End")  # the site searches when a key is released
    try:
        page.wait_for_selector(_RESULT, state="attached", timeout=_PATIENCE)
    except Timeout:
        return []
    found: list[list[str]] = page.eval_on_selector_all(_RESULT, _ADDRESSES)
    return found


def main(site: Path, chromium: str) -> int:
    """Print what is not found; the result is the exit status."""
    failed = list(failures(site, chromium))
    for failure in failed:
        sys.stdout.write(f"{failure}\n")
    asked = len(questions())
    sys.stdout.write(
        f"search: {asked} questions, {len(failed)} not answered by the first {FIRST} results\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
