"""The numbered steps of a page that are done in a browser, and somebody who does them.

A step says in which window something is done: **bold** is what is pressed, `code` is what is
written or shown. The words are those of the quick start.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from playwright.async_api import Browser, Page, expect

from support.documents.place import Place

_STEP: Final = re.compile(r"^\d+\. (.*(?:\n {3}\S.*)*)", re.MULTILINE)
_ADDRESS: Final = re.compile(r"Open <(\S+)> in two windows")
_WINDOW: Final = re.compile(r"\b(first|second) window\b")
_PRESSED: Final = re.compile(r"\*\*(.+?)\*\*")
_QUOTED: Final = re.compile(r"`(.+?)`")


class StepError(Exception):
    """A step that cannot be understood."""


def steps(text: str, heading: str) -> list[str]:
    """Return the numbered steps below a heading of a page."""
    section = text.split(f"\n## {heading}\n")[1].split("\n## ", maxsplit=1)[0]
    return [" ".join(step.split()) for step in _STEP.findall(section)]


@dataclass(slots=True)
class Visitor:
    """Somebody with two windows of a browser, side by side, each with a profile of its own."""

    browser: Browser
    place: Place
    done: int = 0
    _windows: dict[str, Page] = field(default_factory=dict)

    async def do(self, step: str) -> None:
        """Do what a step says. Raises `StepError` when that is not clear."""
        self.done += 1
        if address := _ADDRESS.match(step):
            for name in ("first", "second"):
                context = await self.browser.new_context()
                self._windows[name] = await context.new_page()
                await self._windows[name].goto(self.place.here(address[1]))
            return
        window = _WINDOW.search(step)
        if window is None:
            raise StepError(step)
        await self._in(self._windows[window[1]], step)

    async def _in(self, page: Page, step: str) -> None:
        quoted = _QUOTED.findall(step)
        if " shows " in step and quoted:
            for text in quoted:
                await expect(page.get_by_role("log").get_by_text(text)).to_be_visible()
        elif " write " in step and quoted and "press Enter" in step:
            writing = page.get_by_role("textbox", name="Message", exact=True)
            await writing.fill(quoted[0])
            await writing.press("Enter")
        elif pressed := _PRESSED.findall(step):
            for name in pressed:
                button = page.get_by_role("button", name=name)
                await button.or_(page.get_by_role("link", name=name)).first.click()
        else:
            raise StepError(step)
