"""What has to be read again, because an update does not carry it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadDialog:
    """Read a dialog; it is gone when the user is no member of it any more."""

    dialog_id: str


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """Read the shown messages of a dialog."""

    dialog_id: str


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """Read one message."""

    dialog_id: str
    message_id: str


Read = ReadDialog | ReadHistory | ReadMessage
