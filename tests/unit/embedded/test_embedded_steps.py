"""Writes in steps: their order, what a cut leaves behind, and what the next process makes of it."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from embedded_platform import META, TENANT, Platform, platform

from chat3_embedded import NEWEST, Settings, Store, serve
from chat3_embedded.jsonvalues import own_keys, utf16_prefix
from chat3_embedded.steps import CutAfter, Step

if TYPE_CHECKING:
    from pathlib import Path

# A message with three keys, two other members and a quote.
MESSAGE_STEPS = (
    ["message row"]
    + ["message meta"] * 3
    + ["message event"]
    + ["message status"] * 2
    + ["message times"]
    + ["message meta again"] * 3
    + ["message quote"]
)


async def test_a_message_is_written_in_the_platforms_order(store: Store) -> None:
    done: list[Step] = []
    async with platform(store, after_step=done.append) as running:
        answer = await running.send_all()
    assert answer is not None
    assert [step.name for step in done] == MESSAGE_STEPS
    assert [step.number for step in done] == list(range(1, len(done) + 1))
    assert (answer[0], answer[1]["data"]["meta"]) == (201, META)
    assert answer[1]["data"]["quotedMessage"]["content"] == "old"


@pytest.mark.parametrize("number", range(1, len(MESSAGE_STEPS) + 1))
async def test_a_cut_leaves_the_steps_before_it(store: Store, number: int) -> None:
    cut = CutAfter(number)
    async with platform(store, after_step=cut) as running:
        assert await running.send_all() is None
        (message,) = running.written()
    done = MESSAGE_STEPS[:number]
    assert cut.left == 0
    meta = store.meta.of(TENANT, "message", message.message_id)
    assert list(meta) == sorted(list(META)[: done.count("message meta")])
    assert store.marks.status_count(TENANT, message.message_id) == done.count("message status")
    assert (message.quoted is not None) == ("message quote" in done)
    told = [update["userId"] for update in running.updates() if is_creation(update)]
    assert sorted(told) == (["alice", "bob", "carl"] if "message event" in done else [])
    unread = store.members.get(TENANT, running.dialog, "bob")
    assert unread is not None
    assert unread.unread_count == ("message event" in done)


def is_creation(update: dict[str, Any]) -> bool:
    return (update["updateType"], update["sourceEventType"]) == ("update.message", "message.create")


async def test_the_event_has_the_meta_of_its_moment_and_no_quote(store: Store) -> None:
    async with platform(store, after_step=CutAfter("message status")) as running:
        await running.send_all()
    section = next(u for u in running.updates() if is_creation(u))["data"]["message"]
    assert section["meta"] == META
    assert "quotedMessage" not in section


@pytest.mark.parametrize(
    ("content", "cut"),
    [
        ("x" * 4096, "x" * 4096),
        ("x" * 4097, "x" * 4096),
        ("😀" * 2100, "😀" * 2048),
        ("x" + "😀" * 2100, "x" + "😀" * 2047 + "\N{REPLACEMENT CHARACTER}"),
    ],
)
async def test_the_content_of_events_is_cut_but_not_that_of_meta_changes(
    store: Store, content: str, cut: str
) -> None:
    async with platform(store) as running:
        answer = await running.send(content)
        assert answer is not None
        message = answer[1]["data"]["messageId"]
        await running.ask("PUT", f"/api/messages/{message}", {"content": "y" + content})
        await running.ask("PUT", f"/api/meta/message/{message}/a", {"value": 1})
    found = [
        (update["sourceEventType"], update["data"]["message"]["content"])
        for update in running.updates()
        if update["updateType"] == "update.message" and update["userId"] == "bob"
    ]
    assert found == [
        ("message.create", cut),
        ("message.changed", utf16_prefix("y" + content, 4096)),
        ("message.changed", "y" + content),
    ]


def test_keys_come_in_javascripts_order() -> None:
    meta = dict.fromkeys(["b", "10", "a", "2", "01", "4294967295", "4294967294", "0"])
    assert own_keys(meta) == ["0", "2", "10", "4294967294", "b", "a", "01", "4294967295"]


async def test_with_pauses_others_see_a_half_written_message(store: Store) -> None:
    seen: list[tuple[int, int]] = []

    def look(_step: Step) -> None:
        for message in store.messages.page({"tenantId": TENANT}):
            if message.content == "new":
                key = (TENANT, message.message_id)
                meta = store.meta.of(TENANT, "message", message.message_id)
                seen.append((len(meta), store.marks.status_count(*key)))

    async with platform(store, after_step=look, step_pause=0.0001) as running:
        first, second = await asyncio.gather(running.send_all(), running.send("other"))
    assert first is not None
    assert second is not None
    assert {(0, 0), (1, 0), (3, 0), (3, 1), (3, 2)} <= set(seen)


@pytest.mark.parametrize(
    ("step", "metas", "members", "told"),
    [
        ("dialog row", 0, 0, []),
        ("dialog meta", 1, 0, []),
        ("user row", 2, 0, []),
        ("dialog member", 2, 1, []),
        ("dialog member event", 2, 1, ["dialog.member.add"]),
        ("dialog event", 2, 2, ["dialog.create", "dialog.member.add", "dialog.member.add"]),
    ],
)
async def test_a_dialog_is_cut_between_its_steps(
    store: Store, step: str, metas: int, members: int, told: list[str]
) -> None:
    async with platform(store, after_step=CutAfter(step)) as running:
        body = {"members": [{"userId": "dora"}, {"userId": "emil"}], "meta": {"b": 1, "a": 2}}
        assert await running.ask("POST", "/api/dialogs", body) is None
    (dialog,) = (d for d in store.dialogs.all(TENANT) if d.dialog_id != running.dialog)
    assert len(store.meta.of(TENANT, "dialog", dialog.dialog_id)) == metas
    assert len(store.members.of_dialog(TENANT, dialog.dialog_id)) == members
    about_dialog = [
        update["sourceEventType"]
        for update in running.updates()
        if update["updateType"] == "update.dialog" and update["userId"] == "dora"
    ]
    assert sorted(about_dialog) == told


@pytest.mark.parametrize(
    ("step", "metas", "told"), [("topic row", 0, 0), ("topic meta", 1, 0), ("topic event", 1, 3)]
)
async def test_a_topic_is_cut_between_its_steps(
    store: Store, step: str, metas: int, told: int
) -> None:
    async with platform(store, after_step=CutAfter(step)) as running:
        path = f"/api/dialogs/{running.dialog}/topics"
        assert await running.ask("POST", path, {"meta": {"title": "T"}}) is None
    (topic,) = store.dialogs.topics(TENANT, running.dialog)
    assert len(store.meta.of(TENANT, "topic", topic.topic_id)) == metas
    assert len(running.updates()) == told


@pytest.mark.parametrize(
    ("step", "method", "path", "body", "told"),
    [
        ("meta row", "PUT", "/api/meta/message/{message}/a", {"value": 1}, "message.changed"),
        ("edit row", "PUT", "/api/messages/{message}", {"content": "new"}, "message.changed"),
        ("deletion row", "PATCH", "/api/messages/{message}", {"deleted": True}, "message.deleted"),
        (
            "member row",
            "POST",
            "/api/dialogs/{dialog}/members/add",
            {"userId": "dora"},
            "dialog.member.add",
        ),
    ],
)
async def test_other_writes_are_cut_between_row_and_event(
    store: Store, step: str, method: str, path: str, body: Any, told: str
) -> None:
    cut = CutAfter(step)
    async with platform(store, after_step=cut, platform=NEWEST) as running:
        path = path.format(message=running.quoted, dialog=running.dialog)
        assert await running.ask(method, path, body) is None
        assert await running.ask(method, path, body) is not None
    assert cut.left == 0
    events = [update["sourceEventType"] for update in running.updates()]
    # What was done is not done again, so that it is never told.
    repeats = step == "meta row"
    assert (told in events) == repeats


@pytest.mark.parametrize("first", ["event", "row"])
@pytest.mark.parametrize("kind", ["status", "reaction"])
async def test_a_mark_is_cut_between_event_and_row(store: Store, kind: str, first: str) -> None:
    cut = CutAfter(f"{kind} {first}")
    version = "0.0.80" if first == "event" else "0.0.85"
    async with platform(store, after_step=cut, platform=version) as running:
        path = f"/api/users/alice/dialogs/{running.dialog}/messages/{running.quoted}"
        action, body = {
            "status": ("/status/read", None),
            "reaction": ("/reactions/set", {"reaction": "👍"}),
        }[kind]
        assert await running.ask("POST", path + action, body) is None
        marks = store.marks
        history = marks.history_of(TENANT, running.quoted, "alice")
        reactions = marks.reactions(TENANT, [running.quoted])
        stored = len(history) == 2 if kind == "status" else bool(reactions)
    told = [u for u in running.updates() if u["sourceEventType"] == f"message.{kind}.changed"]
    assert (bool(told), stored) == ((True, False) if first == "event" else (False, True))


@pytest.mark.parametrize("version", ["0.0.80", "0.0.85"])
async def test_marks_look_the_same_in_either_order(store: Store, version: str) -> None:
    async with platform(store, platform=version) as running:
        path = f"/api/users/alice/dialogs/{running.dialog}/messages/{running.quoted}"
        for action, body in (
            ("/status/read", None),
            ("/reactions/set", {"reaction": "👍"}),
            ("/reactions/unset", {"reaction": "👍"}),
        ):
            await running.ask("POST", path + action, body)
    sections = [
        update["data"]["message"]
        for update in running.updates()
        if update["updateType"] == "update.message" and update["userId"] == "bob"
    ]
    assert sections[0]["statusUpdate"] == {
        "userId": "alice",
        "status": "read",
        "oldStatus": "unread",
    }
    assert [(m["status"], m["count"]) for m in sections[0]["statusMessageMatrix"]] == [
        ("read", 1),
        ("unread", 1),
    ]
    set_, unset = (section["reactionUpdate"] for section in sections[1:])
    assert set_["reactionSet"] == [{"reaction": "👍", "count": 1, "me": True}]
    assert unset["reactionSet"] == []


async def test_counters_follow_a_backlogged_worker(store: Store) -> None:
    async with platform(store, counter_delay=0.02, counter_work=0.02) as running:
        for number in range(3):
            await running.send(str(number))
        member = store.members.get(TENANT, running.dialog, "bob")
        assert member is not None
        assert member.unread_count < 3
    member = store.members.get(TENANT, running.dialog, "bob")
    assert member is not None
    assert member.unread_count == 3


async def test_what_was_emitted_before_a_death_is_published_and_counted_after_it(
    tmp_path: Path,
) -> None:
    path = str(tmp_path / "a.sqlite")
    with Store(path) as store:
        running = Platform("", store)
        # The first process never comes to its backlog.
        settings = Settings(
            relay_delay=3600, counter_delay=3600, drain_timeout=0, after_step=CutAfter(5)
        )
        async with serve(store=store, settings=settings) as url:
            running.url = url
            await running.send_all()
            with (
                closing(sqlite3.connect(path)) as now,
                closing(sqlite3.connect(tmp_path / "b.sqlite")) as saved,
            ):
                now.backup(saved)
    with Store(str(tmp_path / "b.sqlite")) as store:
        assert (store.outgoing.count(), store.countings.count()) == (3, 1)
        async with platform(store) as running:
            pass
        assert sorted(u["userId"] for u in running.updates() if is_creation(u)) == [
            "alice",
            "bob",
            "carl",
        ]
        member = store.members.get(TENANT, running.dialog, "bob")
        assert member is not None
        assert member.unread_count == 1


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGKILL])
async def test_a_process_dies_between_two_steps(tmp_path: Path, sent: signal.Signals) -> None:
    path = str(tmp_path / "a.sqlite")
    with Store(path) as store:
        running = Platform("", store)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "chat3_embedded", "--port", "0", "--database", path, "--step-pause", "60"),
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    running.url = (await process.stderr.readline()).decode().split()[-1]
    sending = asyncio.create_task(running.send_all())
    with Store(path) as store:
        running.store = store
        while not running.written():
            await asyncio.sleep(0.01)
        process.send_signal(sent)
        assert await process.wait() == -sent
        assert await sending is None
        (message,) = running.written()
        assert store.meta.of(TENANT, "message", message.message_id) == {}
