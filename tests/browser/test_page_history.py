"""History is read by token: the newest page first, older ones on scrolling up or by a button."""

from browser_vocabulary import Windows
from demo_process import Demo, call
from playwright.async_api import expect

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

    # By keyboard it is a button.
    older = bob.page.get_by_role("button", name="Older messages")
    while await older.count():
        count = len(await bob.texts())
        await older.focus()
        await older.press("Enter")
        await expect(bob.history.get_by_role("article")).not_to_have_count(count)
    assert await bob.texts() == texts

    # More unread messages than are marked one by one: the dialog is marked as a whole.
    await bob.history.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    await expect(bob.entry("Long").locator(".unread")).to_have_count(0)


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
    await bob.history.evaluate("box => box.scrollTo(0, box.scrollHeight)")
    await expect(bob.entry("Reading").locator(".unread")).to_have_count(0)
