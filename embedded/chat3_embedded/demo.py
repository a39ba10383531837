"""Demo data: three people, three dialogs and a friendly conversation, always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    (GENERAL, "bob", "Good morning! Coffee is ready."),
    (GENERAL, "carl", "On my way. Save me a cup, please."),
    (ALICE_BOB, "bob", "Could you look at my draft today?"),
    (ALICE_BOB, "alice", "With pleasure, right after lunch."),
    (WEEKEND, "carl", "The weather looks fine. A walk by the lake?"),
    (WEEKEND, "alice", "Lovely idea! I bring sandwiches."),
)
# By the place of the message above.
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
        messages = _add_messages(store)
        with store.clock.starting_at(_START + 10 * _MINUTE):
            for place, user_id, reaction in REACTIONS:
                where = (TENANT, messages[place].message_id)
                store.marks.add_reaction(store.marks.new_reaction(*where, user_id, reaction))
            for place, user_id, status in STATUSES:
                store.set_status(messages[place], user_id, status)
    return True


def _add_people_and_dialogs(store: Store) -> None:
    for user_id, name in USERS.items():
        store.add_user(TENANT, user_id, meta={"displayName": name})
    for dialog_id, (title, members) in DIALOGS.items():
        store.add_dialog(TENANT, members, meta={"title": title}, dialog_id=dialog_id)


def _add_messages(store: Store) -> list[Message]:
    messages = []
    for number, (dialog_id, sender, content) in enumerate(MESSAGES, start=1):
        message_id, moment = f"msg_demo{number:016d}", _START + number * _MINUTE
        with store.clock.starting_at(moment):
            message = store.add_message(TENANT, dialog_id, sender, content, message_id=message_id)
        messages.append(message)
    return messages
