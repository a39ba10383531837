"""History is read by token: the newest page first, older ones on scrolling up or by a button."""

import pytest
from browser_vocabulary import Windows
from playwright.async_api import expect

from support.demo_process import Demo, call

pytestmark = pytest.mark.asyncio(loop_scope="package")

COUNT = 70


async def test_older_messages_come_without_a_gap_and_without_a_jump(
    windows: Windows, demo: Demo
) -> None:
    made = call(demo.service, "alice", "CreateDialog", memberIds=["bob"], meta={"title": "Long"})
    dialog = made["dialog"]["dialogId"]
    texts = [f"Message number {place}" for place in range(COUNT)]
    for text in texts:
        call(demo.service, "alice", "SendMessage", dialogId=dialog, content=text)

    bob = await windows.new("Bob", "Long")
    await expect(bob.message(texts[-1])).to_be_in_viewport()
    assert texts[0] not in await bob.texts()

    # Scrolled to the beginning, the page asks for more by itself; what was first stays in view.
    first = (await bob.texts())[0]
    await bob.history.evaluate("box => box.scrollTo(0, 0)")
    await expect(bob.history.get_by_role("article")).not_to_have_count(20)
    await expect(bob.history.get_by_text(first, exact=True)).to_be_in_viewport()

    # A screen reader presses the button without scrolling.
    count = len(await bob.texts())
    await bob.history.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    older = bob.page.get_by_role("button", name="Older messages")
    await older.evaluate("button => button.click()")
    await expect(bob.history.get_by_role("article")).not_to_have_count(count)
    while (count := len(await bob.texts())) < COUNT:
        await bob.history.evaluate("box => box.scrollTo(0, 0)")
        await expect(bob.history.get_by_role("article")).not_to_have_count(count)
    assert await bob.texts() == texts
    await expect(older).to_have_count(0)


async def test_the_focus_is_not_lost_with_the_button_that_asked_for_the_last_page(
    windows: Windows, demo: Demo
) -> None:
    made = call(demo.service, "alice", "CreateDialog", memberIds=["bob"], meta={"title": "Focus"})
    dialog = made["dialog"]["dialogId"]
    for place in range(25):
        call(demo.service, "alice", "SendMessage", dialogId=dialog, content=f"Old {place:02}")
    bob = await windows.new("Bob", "Focus")
    await expect(bob.message("Old 24")).to_be_in_viewport()
    await expect(bob.writing).to_be_focused()
    await bob.page.get_by_role("button", name="Older messages").focus()
    await expect(bob.history.get_by_role("article").first).to_be_focused()
    # More unread messages than are marked one by one: the dialog is marked as a whole.
    await expect(bob.entry("Focus").locator(".unread")).to_have_count(0)


async def test_a_new_message_does_not_take_the_reader_away_from_old_ones(
    windows: Windows, demo: Demo
) -> None:
    made = call(demo.service, "alice", "CreateDialog", memberIds=["bob"], meta={"title": "Reading"})
    dialog = made["dialog"]["dialogId"]
    for place in range(20):
        call(demo.service, "alice", "SendMessage", dialogId=dialog, content=f"Old {place:02}")
    bob = await windows.new("Bob", "Reading")
    await expect(bob.message("Old 19")).to_be_in_viewport()
    await bob.history.evaluate("box => box.scrollTo(0, 0)")
    await expect(bob.message("Old 00")).to_be_in_viewport()

    call(demo.service, "alice", "SendMessage", dialogId=dialog, content="Brand new")

    await expect(bob.message("Brand new")).to_be_attached()
    await expect(bob.message("Old 00")).to_be_in_viewport()
    await expect(bob.entry("Reading").locator(".unread")).to_be_visible()
    await bob.page.get_by_role("button", name="1 unread below").click()
    await expect(bob.message("Brand new")).to_be_in_viewport()
    await expect(bob.entry("Reading").locator(".unread")).to_have_count(0)


async def test_what_is_sent_while_old_messages_are_read_is_shown(
    windows: Windows, demo: Demo
) -> None:
    made = call(demo.service, "alice", "CreateDialog", memberIds=["bob"], meta={"title": "Above"})
    dialog = made["dialog"]["dialogId"]
    for place in range(20):
        call(demo.service, "alice", "SendMessage", dialogId=dialog, content=f"Old {place:02}")
    bob = await windows.new("Bob", "Above")
    await expect(bob.message("Old 19")).to_be_in_viewport()
    await bob.history.evaluate("box => box.scrollTo(0, 0)")
    await expect(bob.message("Old 00")).to_be_in_viewport()
    await bob.send("An answer to all that")
    await expect(bob.message("An answer to all that")).to_be_in_viewport()
