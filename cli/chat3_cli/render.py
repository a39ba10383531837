"""Says in words what the contract's messages mean; what comes back is safe on a terminal."""

from collections.abc import Iterator, Sequence

from chat3_api.chat3.user.v1 import (
    Dialog,
    LastMessage,
    Message,
    MessageStatus,
    MissingPart,
    QuotedMessage,
    SenderTypeCount,
    UserInfo,
    UserStats,
)
from chat3_api.google.protobuf import Struct
from chat3_cli import json_output
from chat3_cli.style import moment, safe

TEXT_TYPE = "internal.text"

_MISSING = {
    MissingPart.QUOTE: "its quote",
    MissingPart.STATUSES: "first statuses of other members",
    MissingPart.UNREAD_COUNTS: "a place in unread counts",
    MissingPart.CREATED_UPDATE: "the update of a new message (a changed one was published)",
    MissingPart.CHANGED_UPDATE: "the update that tells others of the change",
}


def missing_parts(parts: Sequence[MissingPart]) -> str:
    """Say what something that was written may lack for good; empty when it is whole."""
    listed = ", ".join(_MISSING.get(part, f"part {int(part)}") for part in parts)
    if not listed:
        return ""
    return f"the platform was cut off while it wrote this, which may lack {listed}"


def user_name(user_id: str, user: UserInfo | None) -> str:
    """Give a user's display name, and the id where the name does not say it."""
    name = user.display_name if user is not None else None
    if not name or name.casefold() == user_id.casefold():
        return safe(name or user_id)
    return f"{safe(name)} ({safe(user_id)})"


def dialog_name(dialog: Dialog | None) -> str:
    """Give a dialog's title and id."""
    if dialog is None:
        return "the dialog"
    return (
        f"{safe(dialog.title)} ({safe(dialog.dialog_id)})"
        if dialog.title
        else safe(dialog.dialog_id)
    )


def profile_fields(user: UserInfo) -> list[tuple[str, str | None]]:
    """Give what is known about a user as labels and values."""
    return [
        ("user", user.user_id),
        ("type", user.type),
        ("created", moment(user.create_time)),
        *meta_fields(user.meta),
    ]


def stats_fields(counted: UserStats | None) -> list[tuple[str, str | None]]:
    """Give a user's counters over all dialogs as labels and values."""
    stats = counted or UserStats()
    packs = by_sender_type(stats.pack_unread_count, stats.pack_unread_by_sender_type)
    return [
        ("dialogs", f"{stats.dialog_count}, {stats.unread_dialog_count} with unread messages"),
        ("unread", by_sender_type(stats.total_unread_count, stats.unread_by_sender_type)),
        ("unread in packs", packs),
        ("messages sent", str(stats.total_message_count)),
        ("counted", moment(stats.update_time)),
    ]


def by_sender_type(total: int, counts: Sequence[SenderTypeCount]) -> str:
    """Give a number of unread messages, and how many of them are of which type of sender."""
    known = [each for each in counts if each.unread_count]
    parts = ", ".join(f"{each.unread_count} of {safe(each.sender_type)}" for each in known)
    return f"{total} ({parts})" if parts else str(total)


def meta_fields(meta: Struct | None) -> list[tuple[str, str]]:
    """Give custom data as labels and values; texts as they are, all else as JSON."""
    values = meta.to_dict() if meta is not None else {}
    return [
        (f"meta.{key}", value if isinstance(value, str) else json_output.readable(value))
        for key, value in sorted(values.items())
    ]


def meta_line(meta: Struct | None) -> str:
    """Give custom data on one line."""
    return " ".join(f"{label.removeprefix('meta.')}={value}" for label, value in meta_fields(meta))


def content_of(message_type: str, content: str) -> str:
    """Give a message's text, with its type when it is more than text."""
    kind = "" if message_type in ("", TEXT_TYPE) else f"[{safe(message_type)}]"
    return " ".join(part for part in (kind, safe(content)) if part)


def deleted_by(name: str | None) -> str:
    """Say that a message is deleted, and by whom when that is known."""
    return f"(deleted by {safe(name)})" if name else "(deleted)"


def status_name(status: MessageStatus, name: str | None) -> str:
    """Give a status as the platform names it, or as the contract does."""
    return safe(name or str(status).lower())


def counted(number: int, noun: str) -> str:
    """Give a number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def last_message(last: LastMessage | None) -> str | None:
    """Give the newest message with its sender; nothing when there is none."""
    if last is None:
        return None
    return f"{user_name(last.sender_id, last.sender)}: {_text(last)}"


def message_text(message: Message) -> str:
    """Give a message's text with what belongs to it, on one line."""
    return " ".join(_text_parts(message))


def message_notes(message: Message) -> list[str]:
    """Give reactions, statuses and topic of a message, a few words each."""
    notes = [f"{safe(reaction.reaction)} {reaction.count}" for reaction in message.reactions]
    counts: dict[str, int] = {}
    for entry in message.status_counts:
        name = status_name(entry.status, entry.status_name)
        counts[name] = counts.get(name, 0) + entry.count
    notes += [f"{name} {count}" for name, count in counts.items()]
    if message.topic_id:
        notes.append(safe(message.topic_id))
    return notes


def quote_of(quoted: QuotedMessage) -> str:
    """Give a quoted message with its sender."""
    return f"{user_name(quoted.sender_id, quoted.sender)}: {_text(quoted)}"


def _text(found: LastMessage | QuotedMessage) -> str:
    return deleted_by(found.deleted_by) if found.deleted else content_of(found.type, found.content)


def _text_parts(message: Message) -> Iterator[str]:
    if message.quoted_message is not None:
        yield f"> {quote_of(message.quoted_message)} |"
    if message.deleted:
        yield deleted_by(message.deleted_by)
    else:
        yield content_of(message.type, message.content)
        if message.edited or message.edit_time:
            yield "(edited)"
    if notes := message_notes(message):
        yield f"{{{', '.join(notes)}}}"
