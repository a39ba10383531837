"""What tests of the page say: windows, and what a user does and sees in them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import (
    Browser,
    ConsoleMessage,
    Locator,
    Page,
    async_playwright,
    expect,
)

from support.chromium import chromium
from support.patience import HANGS

DESKTOP = {"viewport": {"width": 1100, "height": 720}}
PHONE = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
# What a browser logs by itself while the service is away, and when it has forgotten its tokens.
AWAY = ("net::ERR_", "status of 401", "status of 503")

_HANGS = 1000 * HANGS  # milliseconds
expect.set_options(timeout=_HANGS)


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


class Window:
    """One window of one person."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._problems: list[str] = []
        page.on("console", self._logged)
        page.on("pageerror", lambda error: self._problems.append(str(error)))

    def _logged(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._problems.append(message.text)

    def problems(self, *expected: str) -> list[str]:
        """What the browser complained of, such as errors and breaches of the policy."""
        return [text for text in self._problems if not any(part in text for part in expected)]

    async def sign_in(self, name: str) -> None:
        await self.page.get_by_role("button", name=f"Sign in as {name}").click()
        await expect(self.connection).to_have_text("Live")

    async def open(self, title: str) -> None:
        await self.entry(title).click()
        await expect(self.page.get_by_role("heading", name=title)).to_be_visible()

    async def send(self, text: str) -> None:
        await self.writing.fill(text)
        await self.writing.press("Enter")

    async def choose(self, text: str, action: str) -> None:
        """Press a button of a message."""
        message = self.message(text)
        await message.focus()
        await message.get_by_role("button", name=action, exact=True).click()

    @property
    def connection(self) -> Locator:
        return self.page.get_by_role("status", name="Connection")

    @property
    def typing(self) -> Locator:
        return self.page.get_by_role("status", name="Typing")

    @property
    def writing(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def history(self) -> Locator:
        return self.page.get_by_role("log", name="Messages")

    def message(self, text: str) -> Locator:
        return self.history.get_by_role("article").filter(has_text=text)

    def entry(self, title: str) -> Locator:
        """The dialog in the list."""
        return self.page.get_by_role("navigation", name="Dialogs").get_by_role("link", name=title)

    async def texts(self) -> list[str]:
        """What all messages say, oldest first."""
        texts: list[str] = await self.history.locator(".content").all_inner_texts()
        return texts


class Windows:
    """Opens windows, each of a person of their own, and looks at them once more at the end."""

    def __init__(self, browser: Browser, url: str) -> None:
        self._browser = browser
        self._url = url
        self.opened: list[Window] = []
        self.expected: tuple[str, ...] = ()

    async def new(self, name: str = "", dialog: str = "", **options: Any) -> Window:
        context = await self._browser.new_context(**{**DESKTOP, **options})
        context.set_default_timeout(_HANGS)
        window = Window(await context.new_page())
        self.opened.append(window)
        await window.page.goto(self._url)
        if name:
            await window.sign_in(name)
        if dialog:
            await window.open(dialog)
        return window


@asynccontextmanager
async def watched_windows(browser: Browser, url: str) -> AsyncIterator[Windows]:
    """Give windows; at the end none may have complained of anything."""
    windows = Windows(browser, url)
    yield windows
    for window in windows.opened:
        await window.page.context.close()
        problems = window.problems(*windows.expected)
        assert not problems, problems
