"""Demo data: three people, three dialogs and a friendly conversation, always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat3_embedded.store import Store

TENANT = "tnt_default"
API_KEY = "demo-key"
# 1 November 2026, 09:00 UTC; something happens every minute.
_START = 1_793_523_600_000.0
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
        for user_id, name in USERS.items():
            store.add_user(TENANT, user_id, meta={"displayName": name}, created_at=_START)
        for dialog_id, (title, members) in DIALOGS.items():
            meta = {"title": title}
            store.add_dialog(TENANT, meta=meta, dialog_id=dialog_id, created_at=_START)
            for member in members:
                store.add_member(TENANT, dialog_id, member, created_at=_START)
        messages = [
            store.add_message(
                TENANT,
                dialog_id,
                sender,
                content,
                message_id=f"msg_demo{number:016d}",
                created_at=_START + number * _MINUTE,
            )
            for number, (dialog_id, sender, content) in enumerate(MESSAGES, start=1)
        ]
        for place, user_id, reaction in REACTIONS:
            store.marks.add_reaction(TENANT, messages[place].message_id, user_id, reaction)
        for place, user_id, status in STATUSES:
            store.set_status(messages[place], user_id, status)
    return True
