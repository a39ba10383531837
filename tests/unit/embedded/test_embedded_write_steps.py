"""Every write is done in steps, in its order, and can be cut after each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from embedded_platform import TENANT, Platform, platform
from embedded_writes import PLACES, WRITES, Write, prepare

from chat3_embedded import NEWEST, OLDEST, Generation
from chat3_embedded.routes.table import routes_of
from chat3_embedded.steps import CutAfter, Step
from chat3_embedded.store.records import MetaIndex

if TYPE_CHECKING:
    from chat3_embedded import Store

CASES = [
    pytest.param(version, write, id=f"{version} {write.path}")
    for version in (OLDEST, NEWEST)
    for write in WRITES
    if version == NEWEST or write.old_steps is not None
]


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_no_write_is_left_out(version: str) -> None:
    routes = routes_of(Generation(version))
    mutating = {f"{route.method} {route.path}" for route in routes if route.method != "GET"}
    known = {w.route for w in WRITES if version == NEWEST or w.old_steps is not None}
    assert known == mutating


async def ask(running: Platform, write: Write) -> tuple[int, Any] | None:
    method = write.route.partition(" ")[0]
    return await running.ask(method, write.path.format(**PLACES), write.body)


def ready(store: Store, running: Platform) -> None:
    prepare(running)
    # Of the creation of an index there is a case of its own.
    store.meta_indexes.add(
        MetaIndex(TENANT, "message", "unique:z", "unique", ("z",), None, None, 1.0)
    )


@pytest.mark.parametrize(("version", "write"), CASES)
async def test_a_write_is_done_in_this_order(store: Store, version: str, write: Write) -> None:
    done: list[Step] = []
    async with platform(store, after_step=done.append, platform=version) as running:
        ready(store, running)
        answer = await ask(running, write)
    assert answer is not None
    assert answer[0] < 300, answer
    expected = write.steps_of(oldest=version == OLDEST)
    assert [step.name for step in done] == expected


@pytest.mark.parametrize(("version", "write"), CASES)
async def test_a_write_can_be_done_and_its_answer_lost(
    store: Store, version: str, write: Write
) -> None:
    cut = CutAfter(len(write.steps_of(oldest=version == OLDEST)))
    async with platform(store, after_step=cut, platform=version) as running:
        ready(store, running)
        assert await ask(running, write) is None
    assert cut.left == 0


async def told(store: Store, step: str | int, request: tuple[str, str, Any]) -> list[str]:
    """Do a request that is cut after a step; return who got an update.dialog of which event."""
    async with platform(store, after_step=CutAfter(step)) as running:
        ready(store, running)
        method, path, body = request
        assert await running.ask(method, path.format(**PLACES), body) is None
    return [
        f"{update['userId']} {update['sourceEventType']}"
        for update in running.updates()
        if update["updateType"] == "update.dialog"
    ]


NEW_DIALOG = (
    "POST",
    "/api/dialogs",
    {"members": [{"userId": "dora"}, {"userId": "Emil", "type": "bot"}], "meta": {"b": 1, "a": 2}},
)


@pytest.mark.parametrize(
    ("number", "meta", "members", "users", "updates"),
    [
        (1, "", "", "", ""),
        (2, "b", "", "", ""),
        (3, "a b", "", "", ""),
        (4, "a b", "", "dora", ""),
        (5, "a b", "dora", "dora", ""),
        (6, "a b", "dora", "dora", "dora add"),
        (7, "a b", "dora", "dora emil", "dora add"),
        # Whoever comes now is told of Dora by a worker that has not looked before.
        (8, "a b", "dora Emil", "dora emil", "Emil add, dora add"),
        (9, "a b", "dora Emil", "dora emil", "Emil add, Emil add, dora add, dora add"),
        (
            10,
            "a b",
            "dora Emil",
            "dora emil",
            "Emil add, Emil add, Emil create, dora add, dora add, dora create",
        ),
    ],
)
async def test_a_half_written_dialog_has_what_came_before_the_cut(
    store: Store, number: int, meta: str, members: str, users: str, updates: str
) -> None:
    found = await told(store, number, NEW_DIALOG)
    (dialog,) = (d for d in store.dialogs.all(TENANT) if d.dialog_id != PLACES["dialog"])
    assert " ".join(store.meta.of(TENANT, "dialog", dialog.dialog_id)) == meta
    present = store.members.of_dialog(TENANT, dialog.dialog_id)
    assert " ".join(member.user_id for member in present) == members
    assert dialog.member_count == len(present)
    kinds = store.users.many(TENANT, ["dora", "emil"])
    assert " ".join(kinds) == users
    assert ("emil" not in kinds) or kinds["emil"].type == "bot"
    short = [text.replace("dialog.member.", "").replace("dialog.", "") for text in found]
    assert ", ".join(sorted(short)) == updates


async def test_a_removal_is_told_before_it_is_done(store: Store) -> None:
    request = ("POST", "/api/dialogs/{dialog}/members/bob/remove", None)
    found = await told(store, "member event", request)
    assert sorted(found) == [f"{who} dialog.member.remove" for who in ("alice", "bob", "carl")]
    assert store.members.get(TENANT, PLACES["dialog"], "bob") is not None


async def test_an_edit_that_is_cut_has_its_version_and_the_old_text(store: Store) -> None:
    async with platform(store, after_step=CutAfter("version row"), platform=NEWEST) as running:
        path = f"/api/messages/{running.quoted}/edit"
        assert await running.ask("PUT", path, {"content": "new"}) is None
        message = store.messages.get(TENANT, running.quoted)
        assert message is not None
        assert (message.content, message.edited) == ("old", False)
        assert await running.ask("PUT", path, {"content": "new"}) is not None
    versions = store.messages.versions(TENANT, running.quoted, limit=9)
    assert [(version.index, version.content) for version in versions] == [(2, "old"), (1, "old")]


@pytest.mark.parametrize("step", ["unread row", "member event", "read task"])
async def test_reading_all_is_cut_between_counter_event_and_task(store: Store, step: str) -> None:
    request = ("POST", "/api/users/alice/dialogs/{dialog}/markAllRead", None)
    found = await told(store, step, request)
    alice = store.members.get(TENANT, PLACES["dialog"], "alice")
    assert alice is not None
    assert alice.unread_count == 0
    assert ("alice dialog.member.changed" in found) == (step != "unread row")
    (status,) = store.marks.history_of(TENANT, PLACES["message"], "alice")[-1:]
    # Without the task no worker comes; with it the worker does, here or in the next process.
    waiting = store.read_tasks.first() is not None
    assert (status.status == "read" or waiting) == (step == "read task")


async def test_a_bulk_of_meta_is_cut_between_two_keys(store: Store) -> None:
    request = ("PUT", "/api/meta/user/bob", {"meta": {"z": 1, "y": 2, "x": 3}})
    assert await told(store, 2, request) == []
    assert store.meta.of(TENANT, "user", "bob") == {"z": 1, "y": 2}


async def test_what_is_counted_anew_is_not_counted_twice(store: Store) -> None:
    async with platform(store, counter_delay=3600, platform=NEWEST) as running:
        ready(store, running)
        path = f"/api/meta/dialogMember/{running.dialog}:bob/k"
        assert await running.ask("PUT", path, {"value": 1}) is not None
        # Its row is there when the event before its own is counted.
        assert await running.send("new") is not None
    bob = store.members.get(TENANT, PLACES["dialog"], "bob")
    assert bob is not None
    assert bob.unread_count == 1


async def test_a_member_may_get_the_counters_in_place_of_what_happened(store: Store) -> None:
    async with platform(store, counters_first=True) as running:
        path = f"/api/dialogs/{running.dialog}/members/add"
        assert await running.ask("POST", path, {"userId": "dora"}) is not None
    sections = {
        update["userId"]: update["data"].keys()
        for update in running.updates()
        if update["updateType"] == "update.dialog"
    }
    assert sections.keys() == {"alice", "bob", "carl", "dora"}
    states = [u["data"]["member"]["state"] for u in running.updates() if "member" in u["data"]]
    assert [state for state in states if "lastSeenAt" not in state] == [{"unreadCount": 0}]
