"""Says in one line what a response on the stream of updates means."""

import betterproto2

from chat3_api.chat3.user.v1 import (
    ConnectionEstablished,
    Gap,
    GapReason,
    Heartbeat,
    PartialDialog,
    ResumeOutcome,
    StreamState,
    Update,
)
from chat3_cli.describe_updates import described
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
    "topic": CYAN,
    "typing": DIM,
    "gap": RED,
    "degraded": YELLOW,
}
_LABEL_COLUMNS = 9
_OUTCOMES = {
    ResumeOutcome.FRESH: "from now on",
    ResumeOutcome.RESUMED: "goes on after the resume token",
    ResumeOutcome.RESUMED_WITH_GAP: "goes on after the resume token, with a gap",
}
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

    def line(self, response: betterproto2.Message) -> str | None:
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
        parts = [safe(established.connection_id)]
        outcome = established.resume_outcome
        if outcome != ResumeOutcome.UNSPECIFIED:  # which a stream of many users says of each user
            parts.append(_OUTCOMES.get(outcome, str(outcome)))
        return self._line(clock(None), "connected", ", ".join(parts))

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
        label, text = described(update)
        _, payload = betterproto2.which_one_of(update, "payload")
        place = self._place(getattr(payload, "dialog", None), update.dialog_id)
        return self._line(clock(update.create_time), label, text, place)

    def _place(self, dialog: PartialDialog | None, dialog_id: str | None) -> str | None:
        if dialog is not None:
            dialog_id = dialog.dialog_id
            if dialog.title:
                self._titles[dialog_id] = safe(dialog.title)
            elif dialog.meta is not None:
                self._titles.pop(dialog_id, None)
        return None if not dialog_id else self._titles.get(dialog_id) or safe(dialog_id)

    def _line(self, time: str, label: str, text: str, place: str | None = None) -> str:
        style = self._style
        label = pad(label, _LABEL_COLUMNS)
        parts = [style.paint(time, DIM), style.paint(label, _COLOURS.get(label.strip(), BOLD))]
        if place:
            parts.append(style.paint(place, BOLD) + " ")
        return " ".join([*parts, text])
