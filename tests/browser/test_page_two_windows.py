"""Two windows side by side follow each other: messages, changes, reactions, typing, read marks."""

import re

import pytest
from browser_vocabulary import Windows
from playwright.async_api import expect

from support.demo_process import Demo, call

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def test_a_message_is_seen_counted_and_read_in_the_other_window(windows: Windows) -> None:
    alice = await windows.new("Alice", "Alice and Bob")
    bob = await windows.new("Bob")
    before = bob.entry("Alice and Bob")
    await expect(before).to_be_visible()

    await alice.send("A message for Bob")

    await expect(alice.message("A message for Bob")).to_contain_text("Sent")
    await expect(bob.entry("Alice and Bob")).to_contain_text("Alice: A message for Bob")
    await expect(bob.entry("Alice and Bob").locator(".unread")).to_be_visible()
    await expect(bob.page).to_have_title(re.compile(r"^\(\d+\) Bob · Chat3$"))

    await bob.open("Alice and Bob")

    await expect(bob.message("A message for Bob")).to_be_visible()
    await expect(bob.entry("Alice and Bob").locator(".unread")).to_have_count(0)
    await expect(alice.message("A message for Bob")).to_contain_text("Read")


async def test_changes_of_a_message_are_seen_in_the_other_window(windows: Windows) -> None:
    alice = await windows.new("Alice", "Alice and Bob")
    bob = await windows.new("Bob", "Alice and Bob")
    await alice.send("See you at noom")
    await expect(bob.message("See you at noom")).to_be_visible()

    await alice.choose("See you at noom", "Edit")
    changed = alice.page.get_by_role("textbox", name="New text of the message")
    await expect(changed).to_have_value("See you at noom")
    await changed.fill("See you at noon")
    await alice.page.get_by_role("button", name="Save").click()
    await expect(bob.message("See you at noon")).to_contain_text("edited")
    await expect(bob.message("See you at noom")).to_have_count(0)

    await bob.choose("See you at noon", "React")
    await bob.message("See you at noon").get_by_role("button", name="React with 👍").click()
    theirs = alice.message("See you at noon").get_by_role("button", name="👍 1")
    await expect(theirs).to_have_attribute("aria-pressed", "false")
    await theirs.click()
    own = bob.message("See you at noon").get_by_role("button", name="👍 2")
    await expect(own).to_have_attribute("aria-pressed", "true")
    await own.click()
    await expect(
        alice.message("See you at noon").get_by_role("button", name="👍 1")
    ).to_be_visible()

    await alice.choose("See you at noon", "Delete")
    await alice.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(bob.message("See you at noon")).to_have_count(0)
    await expect(bob.entry("Alice and Bob")).to_contain_text("Message deleted")

    deleted = alice.message("Message deleted").last
    await deleted.focus()
    await deleted.get_by_role("button", name="Restore").click()
    await expect(bob.message("See you at noon")).to_contain_text("edited")


async def test_typing_is_seen_until_the_message_is_there(windows: Windows) -> None:
    alice = await windows.new("Alice", "Alice and Bob")
    bob = await windows.new("Bob", "Alice and Bob")
    await expect(bob.typing).to_be_empty()

    await alice.writing.press_sequentially("Well")
    await expect(bob.typing).to_have_text("Alice is typing…")
    await alice.writing.press("Enter")
    await expect(bob.message("Well")).to_be_visible()
    await expect(bob.typing).to_be_empty()


async def test_two_windows_of_one_person_show_the_same(windows: Windows) -> None:
    first = await windows.new("Carl", "General")
    second = await windows.new("Carl", "General")
    await first.send("From my first window")
    await expect(second.message("From my first window")).to_contain_text("Sent")
    await second.choose("From my first window", "Delete")
    await second.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(first.message("From my first window")).to_have_count(0)
    assert await first.texts() == await second.texts()


async def test_a_dialog_comes_and_goes_with_its_membership(windows: Windows, demo: Demo) -> None:
    bob = await windows.new("Bob")
    await expect(bob.entry("General")).to_be_visible()
    made = call(
        demo.service, "alice", "CreateDialog", memberIds=["bob"], meta={"title": "For a while"}
    )
    dialog = made["dialog"]["dialogId"]
    windows.expected = ("status of 403",)  # the page asks whether the dialog is still there
    await expect(bob.entry("For a while")).to_be_visible()
    call(demo.service, "alice", "RemoveDialogMember", dialogId=dialog, userId="bob")
    await expect(bob.entry("For a while")).to_have_count(0)


async def test_markup_in_a_message_is_text(windows: Windows) -> None:
    alice = await windows.new("Alice", "Alice and Bob")
    bob = await windows.new("Bob", "Alice and Bob")
    markup = '<img src="/none" onerror="document.title=1"><b>bold</b>'
    await alice.send(markup)
    await expect(bob.message("onerror").locator(".content")).to_have_text(markup)
