"""Logs of the process: one line a record, as text for people or JSON for machines."""

import json
import logging
import time
from dataclasses import dataclass
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

_STANDARD: Final = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@dataclass(frozen=True, slots=True)
class LogSettings:
    """The form of a line, and what is worth one."""

    format: Annotated[str, Meta(pattern="^(text|json)$", description="text or json")] = "text"
    level: Annotated[
        str,
        Meta(pattern="^(debug|info|warning|error)$", description="least severity that is logged"),
    ] = "info"


def configure(settings: LogSettings) -> None:
    """Log to standard error as ``settings`` say."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonFormatter() if settings.format == "json" else _TextFormatter())
    logging.basicConfig(level=settings.level.upper(), handlers=[handler], force=True)
    # grpclib tells of every client that goes away; aiormq of every loss that the broker supervises.
    logging.getLogger("grpclib").setLevel(logging.ERROR)
    logging.getLogger("aiormq").setLevel(logging.ERROR)
    # hpack prints every header at debug level, API keys too.
    for name in ("hpack", "h2"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _extra(record: logging.LogRecord) -> dict[str, Any]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


class _TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the base's name
        extra = " ".join(f"{key}={_quoted(value)}" for key, value in _extra(record).items())
        record.message = _printable(record.message)
        return f"{super().formatMessage(record)} {extra}".rstrip()


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        document = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_extra(record),
        }
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        try:
            return msgspec.json.encode(document, enc_hook=str).decode()
        except (UnicodeEncodeError, TypeError, OverflowError):
            # Half a character, say: the standard library escapes what is not Unicode.
            return json.dumps(document, default=str)


def _printable(text: str) -> str:
    """Return a text with what does not print written as escapes."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _quoted(value: object) -> str:
    """Return a value on one line, whatever is in it: nobody can forge a record."""
    text = str(value)
    if text.isprintable() and " " not in text:
        return text
    return _printable(json.dumps(text, ensure_ascii=False))
