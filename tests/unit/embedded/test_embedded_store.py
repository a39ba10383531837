"""The store: seeding with ids and times of one's own, transactions, the clock, many users."""

from __future__ import annotations

import time

import pytest

from chat3_embedded import Store
from chat3_embedded.clock import Clock

TENANT, DIALOG = "tnt_a", "dlg_aaaaaaaaaaaaaaaaaaaa"


def test_ids_and_times_may_be_given(store: Store) -> None:
    store.add_tenant(TENANT, meta={"a": 1}, created_at=1.0)
    store.add_user(TENANT, "alice", type="bot", meta={"b": 2}, created_at=2.0)
    store.add_dialog(TENANT, meta={"c": 3}, dialog_id=DIALOG, created_at=3.0)
    store.add_member(TENANT, DIALOG, "alice", created_at=4.0)
    message = store.add_message(
        TENANT, DIALOG, "alice", "hi", message_id="msg_bbbbbbbbbbbbbbbbbbbb", created_at=5.0
    )
    assert store.tenants.get(TENANT) is not None
    user, dialog = store.users.get(TENANT, "alice"), store.dialogs.get(TENANT, DIALOG)
    assert user is not None
    assert (user.type, user.created_at) == ("bot", 2.0)
    assert dialog is not None
    assert (dialog.created_at, dialog.member_count) == (3.0, 1)
    assert store.messages.get(TENANT, "msg_bbbbbbbbbbbbbbbbbbbb") == message
    member = store.members.get(TENANT, DIALOG, "alice")
    assert member is not None
    assert (member.created_at, member.last_message_at) == (4.0, 5.0)


def test_what_is_there_already_is_not_added(store: Store) -> None:
    assert store.add_tenant(TENANT)
    assert store.add_tenant(TENANT) is None
    assert store.add_user(TENANT, "alice")
    assert store.add_user(TENANT, "alice") is None


def test_a_failed_transaction_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.transaction():
            store.add_user(TENANT, "alice")
            with store.transaction():
                store.add_user(TENANT, "bob")
                raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - raised above
        fail()
    assert store.users.count(TENANT) == 0
    with store.transaction():
        store.add_user(TENANT, "alice")
    assert store.users.count(TENANT) == 1


def test_reading_a_message_from_before_one_joined_takes_no_unread(store: Store) -> None:
    dialog = store.add_dialog(TENANT, ["alice"]).dialog_id
    old = store.add_message(TENANT, dialog, "alice", "old")
    store.add_member(TENANT, dialog, "bob")
    store.add_message(TENANT, dialog, "alice", "new")
    store.set_status(old, "bob", "read")
    assert store.counters.stats(TENANT, "bob").total_unread == 1


def test_the_clock_never_gives_a_time_twice() -> None:
    clock = Clock()
    times = [clock.now() for _ in range(10_000)]
    assert times == sorted(set(times))
    with clock.starting_at(1000.0):
        assert 1000.0 < clock.now() < clock.now() < 1001.0
    assert clock.now() > times[-1]


def test_thousands_of_users_are_no_burden(store: Store) -> None:
    def seconds(count: int, attempt: int = 0) -> float:
        started = time.process_time()
        members = [f"user{number}-of-{count}-{attempt}" for number in range(count)]
        dialog = store.add_dialog(TENANT, members).dialog_id
        for number in range(10):
            store.add_message(TENANT, dialog, members[0], str(number))
        stats = store.counters.stats_of(TENANT, members)
        assert stats[members[-1]].total_unread == 10
        return time.process_time() - started

    # Twenty times the users: a table scan for each of the rows would take 400 times as long.
    assert seconds(2000) < 100 * min(seconds(100, attempt) for attempt in range(3))
