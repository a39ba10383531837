"""`chat3` against the whole service: what one types, and what one reads, with the demo data."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from chat3_cli.__main__ import main
from chat3_embedded.demo import API_KEY, GENERAL, TEAM, TENANT, seed_demo
from support.gateway import Gateway, Upstream
from support.patience import HANGS

Type = Callable[..., Awaitable[str]]
"""Types a command; gives what it prints, once it has succeeded."""


@pytest.fixture
def type_(
    gateway: Gateway,
    upstream: Upstream,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Type:
    seed_demo(upstream.store)
    monkeypatch.setenv("CHAT3_ADDRESS", gateway.address)
    monkeypatch.setenv("CHAT3_TENANT", TENANT)
    monkeypatch.setenv("CHAT3_API_KEY", API_KEY)
    monkeypatch.setenv("CHAT3_USER", "alice")

    async def typed(*argv: str) -> str:
        code = await asyncio.to_thread(main, list(argv))
        said = capsys.readouterr()
        assert (code, said.err) == (0, ""), argv
        return said.out

    return typed


async def answer(type_: Type, *argv: str) -> Any:
    return json.loads(await type_("--json", *argv))


async def created(type_: Type, *members: str) -> str:
    found: str = (await answer(type_, "dialogs", "create", *members))["dialog"]["dialogId"]
    return found


async def sent(type_: Type, dialog: str, text: str) -> str:
    found: str = (await answer(type_, "send", dialog, text))["message"]["messageId"]
    return found


async def test_dialogs(type_: Type) -> None:
    listed = await type_(
        "dialogs", "--filter", "(unread_count,gt,0)", "--sort", "(unread_count,desc)"
    )
    assert [line.split("  ")[0] for line in listed.splitlines()] == [
        "TITLE",
        "General",
        "Weekend plans",
        "2 dialogs",
    ]
    direct = await type_("dialogs", "direct", "bob")
    assert direct.startswith("created dlg_")
    assert "was there already" in await type_("dialogs", "direct", "bob")
    dialog = await created(type_, "bob")
    changed = await type_("dialogs", "set", dialog, "--title", "New", "--set-json", "n=5")
    assert changed == f"changed {dialog}\n  meta.n      5\n  meta.title  New\n"
    assert await type_("dialogs", "set", dialog, "--remove", "n") == (
        f"changed {dialog}\n  meta.title  New\n"
    )
    assert (await type_("dialogs", "get", dialog)).startswith("New\n  dialog   ")
    assert await type_("typing", dialog) == "shown for 5 s\n"
    assert await type_("dialogs", "read", GENERAL) == f"{GENERAL} is read, 0 unread\n"
    assert await type_("dialogs", "leave", dialog) == f"left {dialog}\n"
    assert dialog not in await type_("dialogs", "--all")


async def test_members(type_: Type) -> None:
    dialog = await created(type_, "bob")
    added = await type_("members", "add", dialog, "carl", "bob")
    assert added == f"added carl to {dialog}; bob was in it already\n"
    listed = await type_("members", dialog, "--all", "--page-size", "1", "--total")
    assert [line.split(" ")[0] for line in listed.splitlines()[1:-1]] == ["alice", "bob", "carl"]
    assert listed.endswith("3 of 3 members\n")
    assert await type_("members", "remove", dialog, "carl") == f"removed carl from {dialog}\n"


async def test_messages(type_: Type) -> None:
    dialog = await created(type_, "bob")
    message = await sent(type_, dialog, "first")
    own = dialog, message
    edited = await type_("messages", "edit", *own, "second", "--idempotency-key", "e1")
    assert edited == f"edited {message}: second (edited) {{unread 1}}\n"
    again = await type_("messages", "edit", *own, "second", "--idempotency-key", "e1")
    assert again == f"{edited.strip()} (by an earlier call with this idempotency key)\n"
    assert await type_("messages", "edit", *own, "second") == f"{message} had this text already\n"
    assert "alice  first" in await type_("messages", "versions", *own)
    assert (await type_("status", *own, "unread")).startswith(f"{message} is unread for alice")
    assert (await type_("messages", "statuses", *own, "--all")).endswith("2 changes\n")
    assert await type_("react", *own, "👍") == f"👍 given to {message}\n"
    assert await type_("react", *own, "👍") == f"👍 was already given to {message}\n"
    assert (await type_("messages", "get", *own)).endswith("\n\nsecond\n")
    assert await type_("messages", "delete", *own) == f"deleted {message}\n"
    assert "(deleted by alice)" in await type_("messages", dialog)
    assert await type_("messages", "delete", *own) == f"{message} was deleted already\n"
    assert (await type_("messages", "restore", *own)).startswith(f"restored {message}: second")


async def test_history(type_: Type) -> None:
    dialog = await created(type_, "bob")
    written = [await sent(type_, dialog, f"text {number}") for number in range(5)]

    def in_order(listed: str) -> list[str]:
        return [text for text in listed.split() if text in written]

    pages = ("--all", "--page-size", "2")
    assert in_order(await type_("messages", dialog, *pages)) == written[::-1]
    assert in_order(await type_("messages", dialog, *pages, "--oldest-first")) == written
    mine = await type_("messages", dialog, "--filter", "(sender_id,eq,bob)")
    assert mine.startswith("0 messages\n")
    around = await type_("messages", dialog, "--around", written[2], "--page-size", "3")
    assert in_order(around) == written[3:0:-1]


async def test_topics(type_: Type) -> None:
    dialog = await created(type_, "bob")
    topic = (await answer(type_, "topics", "create", dialog, "--set", "subject=Food"))["topic"]
    own = dialog, topic["topicId"]
    assert "subject=Food       0" in await type_("topics", dialog)
    changed = await type_(
        "topics", "update", *own, "--set-json", "open=true", "--remove", "subject"
    )
    assert changed == f"changed {own[1]}\n  meta.open  true\n"
    message = await sent(type_, dialog, "soup")
    move = ("messages", "topic", dialog, message)
    assert await type_(*move, own[1]) == f"{message} is now in {own[1]}\n"
    assert await type_(*move, own[1]) == f"{message} was already in {own[1]}\n"
    assert await type_(*move, "none") == f"{message} is now in no topic\n"


async def test_users(type_: Type) -> None:
    assert (await type_("users", "bob")).startswith("Bob\n")
    assert (await type_("me")).startswith("Alice\n  dialogs ")
    changed = await type_("me", "set", "--name", "Alice A.", "--set", "mood=fine")
    assert changed == "changed Alice A.\n  meta.displayName  Alice A.\n  meta.mood         fine\n"
    message = await sent(type_, GENERAL, "Hello")
    assert f"Alice A. (alice) (you)  {message}" in await type_("messages", GENERAL)


async def test_packs(type_: Type) -> None:
    assert "title=Team       3" in await type_("packs", "--filter", "(unread_count,gt,0)")
    assert (await type_("packs", "get", TEAM)).startswith(f"{TEAM}\n  unread         3")
    assert (await type_("packs", "messages", TEAM, "--all")).endswith("5 messages\n")
    assert await type_("packs", "read", TEAM) == f"2 dialogs of {TEAM} marked as read\n"


async def test_updates(type_: Type, tmp_path: Path) -> None:
    """Updates are published after the call that causes them has ended: the list is asked again."""
    missed = ("updates", "--resume-file", str(tmp_path / "token"), "--all")
    assert (await type_(*missed)).startswith("0 updates\n")
    await sent(type_, GENERAL, "Hello")
    await sent(type_, GENERAL, "Bye")
    listed = ""
    async with asyncio.timeout(HANGS):
        while "alice: Bye" not in listed:
            listed += await type_(*missed)
    assert listed.index("alice: Hello") < listed.index("alice: Bye")
    assert listed.count("alice: Hello") == listed.count("alice: Bye") == 1
    assert "alice: " not in await type_(*missed)
