"""Records of the standard library's logging as lines: typed fields, the id of the call, no texts.

What libraries log may hold anything, so of their records only the form of the message is written,
without what it was to be filled with.
"""

import logging
from collections.abc import Hashable
from typing import Final

from chat3_user.call_context import current_call
from chat3_user.logs.formats import Event, Format, Value
from chat3_user.logs.lines import Lines
from chat3_user.logs.repeats import Repeats
from chat3_user.logs.words import described, traced

_STANDARD: Final = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
OURS: Final = ("chat3_user", "chat3_embedded", "chat3_page")
"""Loggers whose messages and fields are written."""
_SINGLE: Final = frozenset({"count", "dialog_id", "message_id", "topic_id", "pack_id", "worker"})
"""Fields of lines that are not summarised: they name what nobody else says, or are sums."""
_MOST: Final = 1
"""Lines of one kind in a second, before more are summarised."""
_LONGEST: Final = 500
"""Characters of a value."""


class EventHandler(logging.Handler):
    """Writes records; those that repeat are summarised."""

    def __init__(self, lines: Lines, form: Format) -> None:
        super().__init__()
        self._lines = lines
        self._form = form
        self._repeats: Repeats[Hashable, Event] = Repeats(_MOST)
        lines.summarise(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record, or count it."""
        try:
            event = event_of(record)
            if _is_single(event) or self._repeats.writes(_kind(record), event):
                self._lines.write(self._form.event(event))
            else:
                self._lines.nudge()
        except Exception as error:  # noqa: BLE001 - no log line fails a call
            # The base class would print the record, with all that is in it.
            place = f"{record.pathname}:{record.lineno}"
            fields: dict[str, Value] = {"place": place, "problem": described(error)}
            event = Event(record.created, "error", __name__, "a line cannot be written", fields)
            self._lines.write(self._form.event(event))

    @property
    def waiting(self) -> bool:
        """Whether records are being summarised."""
        return self._repeats.waiting

    def due(self, *, all_: bool) -> list[bytes]:
        """Return the lines of what was summarised: the last record of each kind, and a count."""
        self.acquire()
        try:
            found = self._repeats.due(all_=all_)
        finally:
            self.release()
        return [self._form.event(_counted(event, count)) for event, count in found]


def event_of(record: logging.LogRecord) -> Event:
    """Return what may be written of a record."""
    ours = record.name.partition(".")[0] in OURS
    fields: dict[str, Value] = {}
    if ours:
        for key, value in vars(record).items():
            if key not in _STANDARD:
                fields[key] = _typed(value)
    call = current_call.get()
    if call is not None:
        fields.setdefault("request_id", call.request_id)
    error = record.exc_info[1] if record.exc_info else None
    return Event(
        record.created,
        record.levelname.lower(),
        record.name,
        record.getMessage() if ours else str(record.msg)[:_LONGEST],
        fields,
        () if error is None else tuple(traced(error)),
    )


def _typed(value: object) -> Value:
    """Return a value as lines have it; of what is neither a number nor a text, only its type."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return value[:_LONGEST]
    return described(value) if isinstance(value, BaseException) else type(value).__name__


def _is_single(event: Event) -> bool:
    return not _SINGLE.isdisjoint(event.fields)


def _kind(record: logging.LogRecord) -> Hashable:
    """Return what records that repeat have in common: the place, and of failures their place."""
    raised: object = None
    if record.exc_info and record.exc_info[1] is not None:
        trace = record.exc_info[1].__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        raised = (record.exc_info[0], trace and (trace.tb_frame.f_code, trace.tb_lineno))
    return record.pathname, record.lineno, record.levelno, raised


def _counted(event: Event, count: int) -> Event:
    fields = {"count": count, **event.fields} if count > 1 else event.fields
    return Event(event.time, event.level, event.logger, event.message, fields, event.trace)
