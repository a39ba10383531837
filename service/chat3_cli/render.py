"""Says in words and tables what a unary call answered."""

from collections.abc import Iterator

from chat3_api.chat3.user.v1 import (
    Dialog,
    GetDialogMessagesResponse,
    GetUserDialogsResponse,
    LastMessage,
    Message,
    MessageStatus,
    MissingPart,
    SendMessageResponse,
    SendTypingIndicatorResponse,
    SetMessageStatusResponse,
)
from chat3_api.google.protobuf import Struct
from chat3_cli.style import BOLD, DIM, Style, clock, date_and_clock, safe, table

TEXT_TYPE = "internal.text"

_MISSING = {
    MissingPart.QUOTE: "its quote",
    MissingPart.STATUSES: "first statuses of other members",
    MissingPart.UNREAD_COUNTS: "a place in unread counts",
    MissingPart.CREATED_UPDATE: "the update of a new message (a changed one was published)",
}


def dialogs(response: GetUserDialogsResponse, style: Style) -> Iterator[str]:
    """Give a table of dialogs."""
    with_last = any(dialog.last_message is not None for dialog in response.dialogs)
    header = ["DIALOG", "UNREAD", "MEMBERS", "LAST", "TITLE", *["LAST MESSAGE"] * with_last]
    rows = [_dialog_row(dialog, with_last=with_last) for dialog in response.dialogs]
    yield from _table_with_header([header, *rows], style, right=frozenset({1, 2}))
    yield style.paint(_page(len(response.dialogs), response.next_page_token, "dialog"), DIM)


def messages(response: GetDialogMessagesResponse, style: Style) -> Iterator[str]:
    """Give a table of messages."""
    header = ["MESSAGE", "TIME", "SENDER", "TEXT"]
    rows = [
        [
            safe(message.message_id),
            date_and_clock(message.create_time),
            safe(message.sender_id) + (" (you)" if message.mine else ""),
            " ".join(_text_parts(message)),
        ]
        for message in response.messages
    ]
    yield from _table_with_header([header, *rows], style)
    yield style.paint(_page(len(response.messages), response.next_page_token, "message"), DIM)


def sent(response: SendMessageResponse, *, replayed: bool) -> Iterator[str]:
    """Say which message was written."""
    message = response.message or Message()
    before = " (by an earlier call with this idempotency key)" if replayed else ""
    yield (
        f"sent {safe(message.message_id)} to {safe(message.dialog_id)} "
        f"at {clock(message.create_time)}{before}"
    )


def missing_parts(response: SendMessageResponse) -> str:
    """Say what a message that was written may lack for good; empty when it is whole."""
    parts = [_MISSING.get(part, f"part {int(part)}") for part in response.missing_parts]
    if not parts:
        return ""
    listed = ", ".join(parts)
    return f"the platform was cut off while it wrote the message, which may lack {listed}"


def status_set(response: SetMessageStatusResponse) -> Iterator[str]:
    """Say which status was recorded."""
    record = response.record
    if record is not None:
        name = status_name(record.status, record.status_name)
        yield f"{safe(record.message_id)} is {name} for {safe(record.user_id)}"


def reaction_set(message_id: str, reaction: str, *, unset: bool, changed: bool) -> Iterator[str]:
    """Say what became of a reaction."""
    what = {
        (False, True): "given to",
        (False, False): "was already given to",
        (True, True): "taken back from",
        (True, False): "was not given to",
    }[unset, changed]
    yield f"{safe(reaction)} {what} {safe(message_id)}"


def typing_shown(response: SendTypingIndicatorResponse) -> Iterator[str]:
    """Say for how long others see that the user types."""
    seconds = response.expires_in.total_seconds() if response.expires_in is not None else 0
    yield f"shown for {seconds:g} s"


def title_of(meta: Struct | None) -> str | None:
    """Give the title of a dialog from its open data, when there is one."""
    title = meta.fields.get("title") if meta else None
    return safe(title.string_value) if title and title.string_value else None


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


def _dialog_row(dialog: Dialog, *, with_last: bool) -> list[str]:
    last = dialog.last_message
    row = [
        safe(dialog.dialog_id),
        str(dialog.membership.unread_count if dialog.membership is not None else 0),
        str(dialog.member_count),
        date_and_clock(dialog.last_interaction_time),
        title_of(dialog.meta) or "-",
    ]
    if with_last:
        row.append("-" if last is None else f"{safe(last.sender_id)}: {_last_text(last)}")
    return row


def _last_text(last: LastMessage) -> str:
    return deleted_by(last.deleted_by) if last.deleted else content_of(last.type, last.content)


def _text_parts(message: Message) -> Iterator[str]:
    quoted = message.quoted_message
    if quoted is not None:
        text = (
            deleted_by(quoted.deleted_by)
            if quoted.deleted
            else content_of(quoted.type, quoted.content)
        )
        yield f"> {safe(quoted.sender_id)}: {text} |"
    if message.deleted:
        yield deleted_by(message.deleted_by)
    else:
        yield content_of(message.type, message.content)
        if message.edited or message.edit_time:
            yield "(edited)"
    notes = [f"{safe(reaction.reaction)} {reaction.count}" for reaction in message.reactions]
    counts: dict[str, int] = {}
    for entry in message.status_counts:
        name = status_name(entry.status, entry.status_name)
        counts[name] = counts.get(name, 0) + entry.count
    notes += [f"{name} {count}" for name, count in counts.items()]
    if message.topic_id:
        notes.append(safe(message.topic_id))
    if notes:
        yield f"{{{', '.join(notes)}}}"


def _table_with_header(
    rows: list[list[str]], style: Style, right: frozenset[int] = frozenset()
) -> Iterator[str]:
    header, *lines = table(rows, right)
    if lines:
        yield style.paint(header, BOLD)
    yield from lines


def _page(count: int, next_page_token: str, noun: str) -> str:
    more = f"; more with --page-token {safe(next_page_token)}" if next_page_token else ""
    return f"{counted(count, noun)}{more}"
