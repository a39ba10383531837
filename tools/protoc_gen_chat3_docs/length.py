"""Estimates how long documentation is on a phone, so that no page is longer than one scrolls."""

from protoc_gen_chat3_docs.model import Enum, Message, Reason

# Of a page on a screen 390 px wide, in px. A page is split before it would be longer.
LONGEST_PAGE = 10_000
_LINE = 26
_CHARACTERS_A_LINE = 38
_PARAGRAPH_GAP = 10
_HEADING = 130
_MEMBER_HEAD = 74
_BOX = 24
_CODE_LINE = 21


def message_length(message: Message) -> int:
    """Estimate the height of a message with its fields."""
    fields = sum(
        _MEMBER_HEAD + _prose(field.text) + _box(field.rules or "") + _box(field.merge or "")
        for field in message.fields
    )
    oneofs = sum(_MEMBER_HEAD + _prose(oneof.text) for oneof in message.oneofs)
    return _HEADING + _prose(message.text) + _box(message.merge or "") + fields + oneofs


def enum_length(enum: Enum) -> int:
    """Estimate the height of an enum with its values."""
    values = sum(_MEMBER_HEAD + _prose(value.text) for value in enum.values)
    return _HEADING + _prose(enum.text) + values


def reason_length(reason: Reason) -> int:
    """Estimate the height of an error reason with its example."""
    example = _CODE_LINE * len(reason.example.splitlines()) + 2 * _HEADING
    return _HEADING + _prose(reason.text) + _box(reason.caller) + example


def _prose(text: str) -> int:
    return sum(
        _LINE * -(-len(paragraph) // _CHARACTERS_A_LINE) + _PARAGRAPH_GAP
        for paragraph in text.split("\n\n")
        if paragraph
    )


def _box(text: str) -> int:
    return _BOX + _prose(text) if text else 0
