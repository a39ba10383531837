"""The page by keyboard alone, by names for screen readers, on a phone; and what it may do."""

import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from browser_vocabulary import PHONE, Window, Windows
from playwright.async_api import expect

from support.demo_process import Demo

pytestmark = pytest.mark.asyncio(loop_scope="package")

NAMED = frozenset(
    ("button", "link", "textbox", "heading", "dialog", "log", "navigation", "status", "article")
)
"""Roles whose elements a screen reader announces by name."""


async def test_everything_can_be_done_by_keyboard(windows: Windows) -> None:
    alice = await windows.new()
    keyboard = alice.page.keyboard
    await expect(alice.page.get_by_role("button", name="Sign in as Alice")).to_be_visible()
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(alice.entry("Alice and Bob")).to_be_visible()

    await alice.page.get_by_role("button", name="Sign out").focus()
    await keyboard.press("Tab")
    while not await alice.entry("Alice and Bob").evaluate("e => e === document.activeElement"):
        await keyboard.press("ArrowDown")
    await keyboard.press("Enter")
    # Where there is a mouse the place to write has the focus at once.
    await expect(alice.writing).to_be_focused()
    await keyboard.type("By keyboardd")
    await keyboard.press("Enter")
    await expect(alice.message("By keyboardd")).to_contain_text("Sent")

    await keyboard.press("ArrowUp")
    changed = alice.page.get_by_role("textbox", name="New text of the message")
    await expect(changed).to_be_focused()
    await keyboard.press("Escape")
    await expect(alice.writing).to_be_focused()
    await keyboard.press("ArrowUp")
    await expect(changed).to_be_focused()
    await keyboard.press("Backspace")
    await keyboard.press("Enter")
    await expect(alice.message("By keyboardd")).to_have_count(0)
    await expect(alice.message("By keyboard")).to_contain_text("edited")
    await expect(alice.writing).to_be_focused()


async def test_messages_are_reached_and_changed_by_keyboard(windows: Windows) -> None:
    alice = await windows.new("Alice", "Alice and Bob")
    keyboard = alice.page.keyboard
    await alice.send("Reached by keyboard")
    newest = alice.message("Reached by keyboard")
    await expect(newest).to_contain_text("Sent")
    while not await newest.evaluate("e => e === document.activeElement"):
        await keyboard.press("Shift+Tab")
    await keyboard.press("ArrowUp")
    await expect(newest).not_to_be_focused()
    await keyboard.press("End")
    await expect(newest).to_be_focused()

    await keyboard.press("Tab")
    react = newest.get_by_role("button", name="React", exact=True)
    await expect(react).to_be_focused()
    await keyboard.press("Enter")
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(newest.get_by_role("button", name="👍 1")).to_be_visible()
    await expect(react).to_be_focused()

    delete = newest.get_by_role("button", name="Delete")
    question = alice.page.get_by_role("dialog", name="Delete this message?")
    await delete.focus()
    await keyboard.press("Enter")
    await expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    await keyboard.press("Escape")
    await expect(question).to_have_count(0)
    await expect(newest).to_be_focused()

    await delete.focus()
    await keyboard.press("Enter")
    await question.get_by_role("button", name="Delete").focus()
    await keyboard.press("Enter")
    await expect(alice.message("Message deleted").last).to_be_focused()
    await keyboard.press("Tab")
    await keyboard.press("Enter")
    await expect(newest).to_be_focused()
    await expect(newest).to_contain_text("Sent")


async def test_screen_readers_are_told_what_everything_is(windows: Windows) -> None:
    alice = await windows.new()
    await alice.page.get_by_role("button", name="Sign in as Alice").wait_for()
    assert await unnamed(alice) == []
    await alice.sign_in("Alice")
    await alice.open("Alice and Bob")
    await alice.send("Announced")
    await expect(alice.message("Announced")).to_contain_text("Sent")
    await alice.choose("Announced", "React")
    assert await unnamed(alice) == []
    bob = await windows.new("Bob", "Alice and Bob")
    newest = bob.page.get_by_role("status", name="Newest message")
    await expect(newest).to_have_text("Alice: Announced")
    await expect(alice.entry("Alice and Bob")).to_have_attribute("aria-current", "page")
    await alice.choose("Announced", "Delete")
    assert await unnamed(alice) == []


async def test_a_phone_shows_one_thing_at_a_time_and_never_scrolls_sideways(
    windows: Windows,
) -> None:
    alice = await windows.new("Alice", **PHONE)
    await expect(alice.entry("General")).to_be_visible()
    assert await overflow(alice) == 0
    await alice.open("General")
    await expect(alice.entry("General")).to_be_hidden()
    await expect(alice.connection).to_have_text("Live")
    await alice.send("A" * 300 + " and https://example.com/" + "b" * 300)
    await expect(alice.message("AAA")).to_contain_text("Sent")
    # The keyboard takes half of the screen: the newest message stays in sight.
    await alice.page.set_viewport_size({"width": 390, "height": 480})
    await expect(alice.message("AAA").locator(".facts")).to_be_in_viewport()
    await alice.choose("AAA", "React")
    assert await overflow(alice) == 0
    await alice.page.get_by_role("link", name="Back to the dialogs").click()
    await expect(alice.entry("General")).to_be_visible()
    await expect(alice.history).to_be_hidden()
    await alice.page.go_back()
    await expect(alice.message("AAA")).to_be_visible()


async def test_the_page_is_light_or_dark_as_the_system_is(windows: Windows, tmp_path: Path) -> None:
    background = "e => getComputedStyle(e).backgroundColor"
    seen = {}
    for scheme in ("light", "dark"):
        alice = await windows.new("Alice", "General", color_scheme=scheme)
        seen[scheme] = await alice.page.locator("body").evaluate(background)
    assert seen == {"light": "rgb(238, 241, 246)", "dark": "rgb(16, 20, 27)"}


async def test_the_page_may_do_nothing_but_what_it_needs(windows: Windows, demo: Demo) -> None:
    alice = await windows.new("Alice")
    windows.expected = ("Content Security Policy", "TrustedScript")
    refused: Mapping[str, Any] = await alice.page.evaluate(TRYING)
    assert refused == {
        "breaches": ["connect-src", "img-src", "require-trusted-types-for", "style-src-attr"],
        "elsewhere": "refused",
        "script": "refused",
    }
    with urllib.request.urlopen(demo.url) as response:  # noqa: S310, ASYNC210 - the demo's
        policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy


TRYING = """async () => {
  const breaches = [];
  const all = new Promise((resolve) =>
    document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => {
      if (breaches.push(effectiveDirective) === 4) resolve();
    }),
  );
  let script = "ran";
  try {
    document.body.append(Object.assign(document.createElement("script"), { textContent: "1" }));
  } catch {
    script = "refused";
  }
  document.body.setAttribute("style", "color: red");
  document.body.append(Object.assign(new Image(), { src: "https://example.com/x.png" }));
  const elsewhere = await fetch("https://example.com/").then(() => "sent", () => "refused");
  await all;
  return { breaches: breaches.sort(), elsewhere, script };
}"""


async def overflow(window: Window) -> int:
    """By how many pixels the page is wider than the screen."""
    wider: int = await window.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return wider


async def unnamed(window: Window) -> list[str]:
    """The roles of all elements that a screen reader would announce without a name."""
    session = await window.page.context.new_cdp_session(window.page)
    tree = await session.send("Accessibility.getFullAXTree")
    return [
        node["role"]["value"]
        for node in tree["nodes"]
        if not node.get("ignored")
        and node.get("role", {}).get("value") in NAMED
        and not node.get("name", {}).get("value")
    ]
