"""The forms of a line: text for people, JSON for machines; the same names in both, times in UTC."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from chat3_user.finished_call import FinishedCall

Value = str | int | float | bool
CALLS: Final = "chat3_user.calls"
"""The logger of the lines of calls."""
LEVELS: Final = ("debug", "info", "warning", "error", "critical")


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, in the process or within a call; ``trace`` are the lines of a traceback."""

    time: float
    level: str
    logger: str
    message: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    trace: Sequence[str] = ()


class Format(Protocol):
    """Makes lines, with their ends."""

    def event(self, event: Event) -> bytes:
        """Return the line of an event."""
        ...

    def call(self, when: float, level: str, call: FinishedCall, count: int = 0) -> bytes:
        """Return the line of a call, or of ``count`` calls that failed as this one did."""
        ...


class TextFormat:
    """`TIME LEVEL message name=value ...`; lines of a traceback follow, indented."""

    def __init__(self, worker: int | None) -> None:
        self._worker = "" if worker is None else f" worker={worker}"
        self._stamp = _Stamp()

    def event(self, event: Event) -> bytes:
        """Return the line of an event, and those of its traceback."""
        given = "".join(f" {name}={_quoted(value)}" for name, value in event.fields.items())
        line = (
            f"{self._stamp(event.time)} {event.level.upper():<7} {_printable(event.message)}"
            f"{given}{self._worker}\n"
        )
        trace = "".join(f"    {_printable(each)}\n" for each in event.trace)
        return (line + trace).encode()

    def call(self, when: float, level: str, call: FinishedCall, count: int = 0) -> bytes:
        """Return the line of a call; it lacks what the call has not."""
        what = f"repeated calls count={count}" if count else "call"
        reason = f" reason={call.reason}" if call.reason else ""
        tenant = f" tenant={call.tenant}" if call.tenant else ""
        user = f" user={_quoted(call.user)}" if call.user else ""
        trace = f" trace_id={call.trace_id}" if call.trace_id else ""
        return (
            f"{self._stamp(when)} {level.upper():<7} {what} method={call.method}"
            f" protocol={call.protocol} status={call.status}{reason} seconds={call.seconds:.6f}"
            f" upstream_seconds={call.upstream_seconds:.6f}"
            f" upstream_requests={call.upstream_requests}"
            f" bytes_in={call.bytes_in} bytes_out={call.bytes_out}{tenant}{user}"
            f" peer={_quoted(call.peer)} request_id={call.request_id}{trace}{self._worker}\n"
        ).encode()


class JsonFormat:
    """One document a line."""

    def __init__(self, worker: int | None) -> None:
        self._worker = {} if worker is None else {"worker": worker}
        self._stamp = _Stamp()
        self._encode = msgspec.json.Encoder().encode
        self._heads = {level: self._head(level, "call") for level in LEVELS}

    def event(self, event: Event) -> bytes:
        """Return the line of an event."""
        document: dict[str, object] = {
            "time": self._stamp(event.time),
            "level": event.level,
            "logger": event.logger,
            "message": event.message,
            **self._worker,
            **event.fields,
        }
        if event.trace:
            document["exception"] = "\n".join(event.trace)
        try:
            return self._encode(document) + b"\n"
        except (UnicodeEncodeError, TypeError, OverflowError):
            # Half a character, say: the standard library escapes what is not Unicode.
            return json.dumps(document, default=str).encode() + b"\n"

    def call(self, when: float, level: str, call: FinishedCall, count: int = 0) -> bytes:
        """Return the line of a call; it has every field."""
        head = self._heads[level]
        if count:
            head = self._head(level, "repeated calls", count=count)
        return (
            b'{"time":"%b",%b,' % (self._stamp(when).encode(), head)
            + self._encode(call)[1:]
            + b"\n"
        )

    def _head(self, level: str, message: str, **more: int) -> bytes:
        """Return what a line says between its time and the fields of its call, without braces."""
        known = {"level": level, "logger": CALLS, "message": message, **self._worker, **more}
        return msgspec.json.encode(known)[1:-1]


class _Stamp:
    """Writes times: ISO 8601 in UTC, with milliseconds."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known = (-1, "")

    def __call__(self, when: float) -> str:
        second = int(when)
        known, text = self._known
        if second != known:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            self._known = (second, text)
        return f"{text}.{int((when - second) * 1000):03d}Z"


def _printable(text: str) -> str:
    """Return a text with what does not print written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _quoted(value: Value) -> str:
    """Return a value on one line, whatever is in it: nobody can forge a record."""
    text = str(value)
    if text.isprintable() and " " not in text:
        return text
    return _printable(json.dumps(text, ensure_ascii=False))
