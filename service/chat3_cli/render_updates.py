"""Says in one line what a response on the stream of updates means."""

import betterproto2

from chat3_api.chat3.user.v1 import (
    ConnectionEstablished,
    DialogSummary,
    DialogUpdate,
    Gap,
    GapReason,
    Heartbeat,
    MemberUpdate,
    MessageReactionUpdate,
    MessageStatusUpdate,
    MessageUpdate,
    ReactionAction,
    StreamState,
    SubscribeUpdatesResponse,
    TypingUpdate,
    Update,
    UserStatsUpdate,
    UserUpdate,
)
from chat3_api.google.protobuf import Struct
from chat3_cli import json_output
from chat3_cli.render import content_of, counted, deleted_by, status_name, title_of
from chat3_cli.style import (
    BLUE,
    BOLD,
    CYAN,
    DIM,
    GREEN,
    MAGENTA,
    RED,
    YELLOW,
    Style,
    clock,
    date_and_clock,
    pad,
    safe,
)

_COLOURS = {
    "message": GREEN,
    "status": BLUE,
    "reaction": MAGENTA,
    "dialog": CYAN,
    "member": CYAN,
    "typing": DIM,
    "gap": RED,
    "degraded": YELLOW,
}
_LABEL_COLUMNS = 9
_LONGEST_UNKNOWN = 300
_GAP_REASONS = {
    GapReason.EXPIRED: "the position is older than the updates log",
    GapReason.LOG_REPLACED: "the updates log was replaced",
    GapReason.LOG_UNAVAILABLE: "there is no updates log",
    GapReason.LOG_UNREADABLE: "the updates log could not be read",
}


class UpdateRenderer:
    """Renders the responses of one stream; remembers dialog titles, which not every update has."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._titles: dict[str, str] = {}

    def line(self, response: SubscribeUpdatesResponse) -> str | None:
        """Give the line for a response; nothing for a heartbeat that only shows life."""
        match betterproto2.which_one_of(response, "event")[1]:
            case ConnectionEstablished() as established:
                return self._connected(established)
            case Update() as update:
                return self._update(update)
            case Heartbeat() as heartbeat:
                return self._heartbeat(heartbeat)
            case Gap() as gap:
                return self._gap(gap)
            case _:
                text = "a response that this client does not know"
                return self._line(clock(None), "unknown", text)

    def _connected(self, established: ConnectionEstablished) -> str:
        how = "goes on after the resume token" if established.resumed else "from now on"
        return self._line(clock(None), "connected", f"{safe(established.connection_id)}, {how}")

    def _heartbeat(self, heartbeat: Heartbeat) -> str | None:
        if heartbeat.state != StreamState.DEGRADED:
            return None
        text = "the service has lost its broker; updates follow when it is back"
        return self._line(clock(heartbeat.send_time), "degraded", text)

    def _gap(self, gap: Gap) -> str:
        why = _GAP_REASONS.get(gap.reason, str(gap.reason))
        since = f" since {date_and_clock(gap.from_time)}" if gap.from_time else ""
        targets = [str(target).lower() for target in gap.reload]
        reload = f"; reload {' and '.join(targets)}" if targets else ""
        text = f"updates{since} may be missing: {why}{reload}"
        return self._line(clock(gap.to_time), "gap", text)

    def _update(self, update: Update) -> str:
        label, dialog, text = _describe(update)
        place = None
        if dialog is not None:
            place = title_of(dialog.meta)
            if place:
                self._titles[dialog.dialog_id] = place
            place = place or self._titles.get(dialog.dialog_id) or safe(dialog.dialog_id)
        return self._line(clock(update.create_time), label, text, place)

    def _line(self, time: str, label: str, text: str, place: str | None = None) -> str:
        style = self._style
        label = pad(label, _LABEL_COLUMNS)
        parts = [style.paint(time, DIM), style.paint(label, _COLOURS.get(label.strip(), BOLD))]
        if place:
            parts.append(style.paint(place, BOLD) + " ")
        return " ".join([*parts, text])


def _describe(update: Update) -> tuple[str, DialogSummary | None, str]:
    """Give the label, the dialog and the text of an update."""
    name = safe(update.source_event_type or update.source_update_type)
    described: tuple[str, DialogSummary | None, str]
    match betterproto2.which_one_of(update, "payload")[1]:
        case MessageUpdate() as found:
            described = "message", found.dialog, _message_text(found)
        case MessageStatusUpdate() as found:
            status = status_name(found.status, found.status_name)
            described = "status", found.dialog, f"{safe(found.user_id)}: {status} {_id(found)}"
        case MessageReactionUpdate() as found:
            described = "reaction", found.dialog, _reaction_text(found)
        case DialogUpdate() as found:
            topic = f", topic {safe(found.topic.topic_id)}" if found.topic is not None else ""
            pack = f", pack {safe(found.pack.pack_id)}" if found.pack is not None else ""
            described = "dialog", found.dialog, f"{name or 'changed'}{topic}{pack}"
        case MemberUpdate() as found:
            unread = f", {found.unread_count} unread" if found.unread_count is not None else ""
            described = (
                "member",
                found.dialog,
                f"{safe(found.user_id)}: {name or 'changed'}{unread}",
            )
        case TypingUpdate() as found:
            described = "typing", found.dialog, f"{safe(found.user_id)} is typing"
        case UserUpdate():
            described = "user", None, f"{safe(update.user_id)}: profile changed"
        case UserStatsUpdate() as found:
            described = "stats", None, _stats_text(found)
        case Struct() as found:
            data = json_output.line(found)
            shown = data if len(data) <= _LONGEST_UNKNOWN else data[:_LONGEST_UNKNOWN] + "..."
            described = "unknown", None, f"{name}: {shown}"
        case _:
            described = "unknown", None, f"{name}: no data that this client knows"
    return described


def _message_text(found: MessageUpdate) -> str:
    if found.message is None:
        return "without the message"
    message = found.message
    if message.deleted:
        return f"{safe(message.sender_id)}: {deleted_by(message.deleted_by)} {_id(found)}"
    notes = [
        " (edited)" if message.edited or message.edit_time else "",
        " (brought back)" if message.deleted is False else "",
        " (may go on)" if message.content_may_be_cut else "",
    ]
    text = content_of(message.type, message.content)
    return f"{safe(message.sender_id)}: {text}{''.join(notes)}"


def _reaction_text(found: MessageReactionUpdate) -> str:
    reaction = safe(found.reaction)
    if found.action == ReactionAction.UNSET:
        return f"{safe(found.user_id)} took {reaction} back from {_id(found)}"
    return f"{safe(found.user_id)} gave {reaction} to {_id(found)}"


def _stats_text(found: UserStatsUpdate) -> str:
    if found.stats is None:
        return "without the counters"
    stats = found.stats
    unread = counted(stats.total_unread_count, "unread message")
    return f"{unread} in {stats.unread_dialog_count} of {counted(stats.dialog_count, 'dialog')}"


def _id(found: MessageUpdate | MessageStatusUpdate | MessageReactionUpdate) -> str:
    return safe(found.message.message_id) if found.message is not None else "a message"
