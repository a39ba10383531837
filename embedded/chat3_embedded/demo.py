"""Demo data: three people, three dialogs and a friendly conversation, always the same.

A topic, a pack, meta and an edited message are among them: every call has something to show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.steps import at_once
from chat3_embedded.store import edits
from chat3_embedded.store.records import Pack, PackLink, Topic

if TYPE_CHECKING:
    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Message

TENANT = "tnt_default"
API_KEY = "demo-key"
# 5 January 2026, 09:00 UTC; something happens every minute.
_START = 1_767_603_600_000.0
_MINUTE = 60_000.0

USERS = {"alice": "Alice", "bob": "Bob", "carl": "Carl"}
GENERAL = "dlg_demogeneral000000000"
ALICE_BOB = "dlg_demoalicebob00000000"
WEEKEND = "dlg_demoweekend000000000"
DIALOGS = {
    GENERAL: ("General", ("alice", "bob", "carl")),
    ALICE_BOB: ("Alice and Bob", ("alice", "bob")),
    WEEKEND: ("Weekend plans", ("alice", "carl")),
}
MESSAGES = (
    (GENERAL, "alice", "Good morning, everyone!"),
    (GENERAL, "bob", "Good morning! Coffee is redy."),
    (GENERAL, "carl", "On my way. Save me a cup, please."),
    (ALICE_BOB, "bob", "Could you look at my draft today?"),
    (ALICE_BOB, "alice", "With pleasure, right after lunch."),
    (WEEKEND, "carl", "The weather looks fine. A walk by the lake?"),
    (WEEKEND, "alice", "Lovely idea! I bring sandwiches."),
)
WALK, TEAM = "topic_demowalk000000000000", "pck_demoteam000000000000"
# By the place of the message above.
EDITS = ((1, "bob", "Good morning! Coffee is ready."),)
OF_THE_WALK = (5, 6)
REACTIONS = ((1, "alice", "☕"), (1, "carl", "☕"), (4, "bob", "🙏"), (6, "carl", "👍"))
STATUSES = ((0, "bob", "read"), (0, "carl", "delivered"), (3, "alice", "read"))


def seed_demo(store: Store) -> bool:
    """Write the demo data; False when the database has them already."""
    with store.transaction():
        store.add_tenant(TENANT, created_at=_START)
        store.add_key(API_KEY, ("read", "write", "delete"))
        if store.dialogs.get(TENANT, GENERAL) is not None:
            return False
        with store.clock.starting_at(_START):
            _add_people_and_dialogs(store)
            _add_topic_and_pack(store)
        messages = _add_messages(store)
        with store.clock.starting_at(_START + 10 * _MINUTE):
            for place, user_id, reaction in REACTIONS:
                where = (TENANT, messages[place].message_id)
                store.marks.add_reaction(store.marks.new_reaction(*where, user_id, reaction))
            for place, user_id, status in STATUSES:
                store.set_status(messages[place], user_id, status)
            for place, user_id, content in EDITS:
                at_once(edits.edit(store, messages[place], content, user_id))
    return True


def _add_people_and_dialogs(store: Store) -> None:
    for user_id, name in USERS.items():
        store.add_user(TENANT, user_id, meta={"displayName": name})
    for dialog_id, (title, members) in DIALOGS.items():
        store.add_dialog(TENANT, members, meta={"title": title}, dialog_id=dialog_id)


def _add_topic_and_pack(store: Store) -> None:
    store.dialogs.add_topic(Topic(TENANT, WALK, WEEKEND, store.clock.now()))
    store.meta.put_all(TENANT, "topic", WALK, {"title": "A walk by the lake"})
    store.packs.add(Pack(TENANT, TEAM, store.clock.now()))
    store.meta.put_all(TENANT, "pack", TEAM, {"title": "Team"})
    for dialog_id in (GENERAL, WEEKEND):
        store.packs.link(PackLink(TENANT, TEAM, dialog_id, store.clock.now()))
    store.meta.put_all(TENANT, "dialogMember", f"{WEEKEND}:alice", {"muted": True})


def _add_messages(store: Store) -> list[Message]:
    messages = []
    for place, (dialog_id, sender, content) in enumerate(MESSAGES):
        message_id, moment = f"msg_demo{place + 1:016d}", _START + (place + 1) * _MINUTE
        topic_id = WALK if place in OF_THE_WALK else None
        with store.clock.starting_at(moment):
            message = store.add_message(
                TENANT, dialog_id, sender, content, message_id=message_id, topic_id=topic_id
            )
        messages.append(message)
    return messages
