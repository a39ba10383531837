"""The rules of meta: custom data that the platform has to keep as it was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chat3_api.google.protobuf import Struct, Value
from chat3_user.validation import meta, meta_keys
from chat3_user.validation.rules import KEPT, Problem, Problems


@dataclass(frozen=True, slots=True)
class CustomData:
    """The rules of meta, which are checked in one walk."""

    words: str = meta.OPEN_WORDS
    final: bool = False

    def problems(self, value: Struct | None, _request: Any) -> Problems:
        """Return what the value breaks; absent meta is empty meta."""
        return KEPT if value is None else _problems(value, "")


@dataclass(frozen=True, slots=True)
class MessageData:
    """The rules of a message's meta; what it has to hold depends on the message's type."""

    words: str = meta.WORDS
    final: bool = False

    def problems(self, value: Struct | None, request: Any) -> Problems:
        """Return what the value breaks; absent meta is empty meta."""
        if value is None and request.type not in meta.MEDIA_TYPES:
            return KEPT
        return _problems(Struct() if value is None else value, request.type)


@dataclass(frozen=True, slots=True)
class MetaKey:
    """A top-level key that custom data can have, and so can have had."""

    words: str = "a key that `meta` takes"
    final: bool = False

    def problems(self, value: str, _request: Any) -> Problems:
        """Return what the value breaks."""
        return KEPT if meta_keys.refusal(value) is None else (Problem("", self.words),)


@dataclass(frozen=True, slots=True)
class NotInMeta:
    """Keys that the same request does not set."""

    words: str = "none that `meta` sets"
    final: bool = False

    def problems(self, value: Sequence[str], request: Any) -> Problems:
        """Return what the value breaks."""
        if request.meta is None:
            return KEPT
        return [
            Problem(f"[{index}]", self.words)
            for index, key in enumerate(value)
            if key in request.meta.fields
        ]


def _problems(value: Struct, message_type: str) -> Problems:
    found = meta.check_meta(_plain(value), message_type)
    return [Problem(item.field.removeprefix("meta"), item.description) for item in found]


def _plain(value: Struct) -> dict[str, object]:
    """Return a struct as JSON data; what lies deeper than any rule allows comes out empty."""
    return {key: _plain_value(item, 1) for key, item in value.fields.items()}


def _plain_value(value: Value, level: int) -> object:
    if value.string_value is not None:
        return value.string_value
    if value.number_value is not None:
        return value.number_value
    if value.bool_value is not None:
        return value.bool_value
    within = level <= meta.MAX_LEVELS
    if value.struct_value is not None:
        fields = value.struct_value.fields if within else {}
        return {key: _plain_value(item, level + 1) for key, item in fields.items()}
    if value.list_value is not None:
        values = value.list_value.values if within else []
        return [_plain_value(item, level + 1) for item in values]
    return None
