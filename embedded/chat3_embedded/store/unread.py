"""What counts as unread: by status on older platforms, by watermark on newer ones."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chat3_embedded.generations import Capability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat3_embedded.store import Store
    from chat3_embedded.store.records import Member, Message

    Statuses = Mapping[str, tuple[str | None, str]]


def counts(store: Store, message: Message, member: Member, latest: Statuses) -> bool:
    """Tell whether a message can be among what a member has not read.

    `latest`: the last status of each user of that message.
    """
    if message.sender_id == member.user_id or message.type.startswith("system."):
        return False
    if store.generation.can(Capability.UNREAD_WATERMARK):
        return message.created_at > max(member.created_at, member.last_seen_at)
    return latest.get(member.user_key, (None, "read"))[1] != "read"


def raised_by(store: Store, message: Message, member: Member) -> bool:
    """Tell whether a new message raises the member's unread count.

    Where unread is a watermark, not if the member has seen the dialog since: the event is late.
    """
    if store.generation.can(Capability.UNREAD_WATERMARK):
        return counts(store, message, member, {})
    return message.sender_id != member.user_id


def lowers(store: Store, message: Message, user_id: str, status: str) -> bool:
    """Tell whether a status that is to be appended lowers the user's unread count.

    Only the first `read` of a message did; where unread is a watermark each one does.
    """
    if status != "read" or message.sender_id == user_id:
        return False
    if not store.generation.can(Capability.UNREAD_WATERMARK):
        history = store.marks.history_of(message.tenant_id, message.message_id, user_id)
        return bool(history) and all(old.status != "read" for old in history)
    member = store.members.get(message.tenant_id, message.dialog_id, user_id)
    return member is not None and not message.deleted and counts(store, message, member, {})


def recounted(store: Store, member: Member) -> int:
    """Count anew, as platforms with a watermark do on some events: statuses play no part.

    A message whose own event is still to be counted is left to that.
    """
    scope = {"tenantId": member.tenant_id, "dialogId": member.dialog_id}
    uncounted = store.countings.new_messages()
    return sum(
        not message.deleted
        and message.message_id not in uncounted
        and counts(store, message, member, {})
        for message in store.messages.page(scope)
    )


def by_topic(store: Store, member: Member) -> Counter[str]:
    """Count by topic what a member has not read."""
    scope = {"tenantId": member.tenant_id, "dialogId": member.dialog_id}
    messages = [m for m in store.messages.page(scope) if m.topic_id and not m.deleted]
    latest = store.marks.latest(member.tenant_id, (m.message_id for m in messages))
    return Counter(
        m.topic_id or "" for m in messages if counts(store, m, member, latest[m.message_id])
    )
