"""Searches a built site as somebody does who is offline, and looks whether the answer is there.

python -m docs_site.search SITE CHROMIUM
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as Timeout

QUERIES: Final = (
    ("SubscribeUpdates", "api/chat3.user.v1/UserService/SubscribeUpdates.html"),
    ("SendMessageRequest idempotency_key", "#chat3.user.v1.SendMessageRequest.idempotency_key"),
    ("ERROR_REASON_NOT_A_MEMBER", "ERROR_REASON_NOT_A_MEMBER"),
    ("STREAM_MAX_AGE", "configuration.html#STREAM_MAX_AGE"),
    ("chat3_refused_total", "metrics.html#chat3_refused_total"),
    ("reconnect storm", "reconnect-storms.html"),
    ("ошибки", "ru/errors.html"),
)
"""What readers type, and what has to be among the answers."""

_INPUT: Final = "input.md-search__input"
_ANSWERS: Final = ".md-search-result__item a.md-search-result__link"
# `?h=…`, which marks the words on the page, stands between path and anchor.
_HAS_ANSWER: Final = r"""([answers, expected]) =>
  [...document.querySelectorAll(answers)].some((link) =>
    decodeURIComponent(link.getAttribute("href")).replace(/\?[^#]*/, "").includes(expected))"""
_PATIENCE: Final = 60_000


def failures(site: Path, chromium: str) -> Iterator[str]:
    """Yield the queries that do not give what they should."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for query, expected in QUERIES:
            page.goto((site / "index.html").resolve().as_uri())
            if not _found(page, query, expected):
                yield f"{query!r} does not give {expected}"
        browser.close()


def _found(page: Page, query: str, expected: str) -> bool:
    """Type a query; whether the answers, which change with every letter, get the one expected."""
    page.click(_INPUT)
    page.keyboard.type(query)
    page.keyboard.press("End")  # letters that no English keyboard has are inserted without a key
    try:
        page.wait_for_function(_HAS_ANSWER, arg=[_ANSWERS, expected], timeout=_PATIENCE)
    except Timeout:
        return False
    return True


def main(site: Path, chromium: str) -> int:
    """Print what is not found; the result is the exit status."""
    failed = list(failures(site, chromium))
    for failure in failed:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.write(f"search: {len(QUERIES)} queries, {len(failed)} without their answer\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
