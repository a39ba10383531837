"""Searches a built site as somebody does who is offline, and looks whether the answer is there.

python -m docs_site.search SITE CHROMIUM
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from playwright.sync_api import Error, Page, sync_playwright

QUERIES: Final = (
    ("SubscribeUpdates", "api/chat3.user.v1/UserService/SubscribeUpdates.html"),
    ("SendMessageRequest idempotency_key", "#chat3.user.v1.SendMessageRequest.idempotency_key"),
    ("ERROR_REASON_NOT_A_MEMBER", "ERROR_REASON_NOT_A_MEMBER"),
    ("STREAM_MAX_AGE", "configuration.html#STREAM_MAX_AGE"),
    ("chat3_refused_total", "metrics.html#chat3_refused_total"),
    ("reconnect storm", "scaling.html#reconnect-storms"),
    ("ошибки", "ru/errors.html"),
)
"""What readers type, and what has to be among the answers."""

_INPUT: Final = "input.md-search__input"
_ANSWERS: Final = ".md-search-result__item a.md-search-result__link"
_PATIENCE: Final = 120_000


def failures(site: Path, chromium: str) -> Iterator[str]:
    """Yield the queries that do not give what they should."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        for query, expected in QUERIES:
            page.goto((site / "index.html").resolve().as_uri())
            answers = _answers(page, query)
            if not any(expected in answer for answer in answers):
                yield f"{query!r} gives {len(answers)} answers, and not {expected}"
        browser.close()


def _answers(page: Page, query: str) -> list[str]:
    """Type a query; return the addresses of all answers, those of folded ones too."""
    page.click(_INPUT)
    page.keyboard.type(query)
    try:
        page.wait_for_selector(_ANSWERS, state="attached", timeout=_PATIENCE)
    except Error:  # nothing is found, or not in time
        return []
    addresses: list[str] = page.eval_on_selector_all(
        _ANSWERS, "links => links.map((link) => decodeURIComponent(link.getAttribute('href')))"
    )
    return [address.split("?")[0] + _anchor(address) for address in addresses]


def _anchor(address: str) -> str:
    return f"#{address.partition('#')[2]}" if "?" in address and "#" in address else ""


def main(site: Path, chromium: str) -> int:
    """Print what is not found; the result is the exit status."""
    failed = list(failures(site, chromium))
    for failure in failed:
        sys.stdout.write(f"{failure}\n")
    sys.stdout.write(f"search: {len(QUERIES)} queries, {len(failed)} without their answer\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
