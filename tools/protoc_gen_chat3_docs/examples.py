"""Makes an example of every message from its fields, in the JSON that grpcurl reads and prints."""

import json
import re

from protoc_gen_chat3_docs.example_values import (
    BY_TYPE,
    COMMON,
    IN_ANSWERS,
    IN_REQUESTS,
    RARE,
    SHOWN_IN_REQUESTS,
    Json,
    Values,
)
from protoc_gen_chat3_docs.model import Contract, Field, Message, Rpc

_DEEPEST = 4
# How comments write ids: "`dlg_` and 20 characters ...", "`evt_` and 32 hexadecimal ...".
_ID = re.compile(r"`(?P<prefix>[a-z]+_)` and (?P<length>\d+) (?P<hex>hexadecimal)?")


class Examples:
    """Makes examples of the messages of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def request(self, rpc: Rpc) -> str:
        """Give a small request."""
        message = self._contract.message(rpc.request)
        if message is None:
            return "{}"
        values = {
            field.json_name: self._value(field, depth=1, values=IN_REQUESTS)
            for field in message.fields
            if field.required or SHOWN_IN_REQUESTS & set(_keys(field))
        }
        example = {name: value for name, value in values.items() if value is not None}
        return json.dumps(example, indent=2 if example else None, ensure_ascii=False)

    def needs_fields(self, rpc: Rpc) -> bool:
        """Whether a request must have a field."""
        message = self._contract.message(rpc.request)
        return message is not None and any(field.required for field in message.fields)

    def responses(self, rpc: Rpc) -> list[str]:
        """Give a response; of a stream, one for each alternative of its oneof."""
        message = self._contract.message(rpc.response)
        if message is None:
            return ["{}"]
        values = {**COMMON, **IN_ANSWERS.get(rpc.name, {})}
        alternatives = [field.name for field in message.fields if field.oneof]
        chosen = alternatives if rpc.server_streaming and alternatives else [None]
        examples = (
            self._message(message, depth=1, values=values, alternative=name) for name in chosen
        )
        return [
            json.dumps(example, indent=2 if example else None, ensure_ascii=False)
            for example in examples
        ]

    def _message(
        self, message: Message, *, depth: int, values: Values, alternative: str | None = None
    ) -> dict[str, Json]:
        """Fill a message; of each oneof the named alternative, else the most telling one."""
        example: dict[str, Json] = {}
        for field in message.fields:
            if field.oneof and field.name != (alternative or self._telling(message, field.oneof)):
                continue
            if _rare(field, values):
                continue
            if depth >= _DEEPEST and self._contract.message(field.type.target):
                continue
            value = self._value(field, depth=depth, values=values)
            if value not in (None, False):  # grpcurl leaves defaults out
                example[field.json_name] = value
        return example

    def _telling(self, message: Message, oneof: str) -> str:
        """Choose the first alternative that is a message of the contract, else the first."""
        fields = [field for field in message.fields if field.oneof == oneof]
        typed = (field for field in fields if self._contract.message(field.type.target))
        return next(typed, fields[0]).name

    def _value(self, field: Field, *, depth: int, values: Values) -> Json:
        named = [values[key] for key in _keys(field) if key in values]
        if enum := self._contract.enum(field.type.target):
            names = [value.name for value in enum.values]
            # A chosen value, or the second: the first is the unspecified one.
            fitting = [each for each in named if isinstance(each, list) or each in names]
            value: Json = [*fitting, names[:2][-1]][0]
        elif nested := self._contract.message(field.type.target):
            if named and named[0] is None:
                return None
            value = self._message(nested, depth=depth + 1, values=values)
        elif named:
            value = named[0]
        else:
            value = _by_comment_or_type(field)
        return [value] if field.repeated and not isinstance(value, list) else value


def _rare(field: Field, values: Values) -> bool:
    """Whether an example leaves the field out: the more exact name decides."""
    return next((key not in values for key in _keys(field) if key in values or key in RARE), False)


def _by_comment_or_type(field: Field) -> Json:
    label, target = field.type.label, field.type.target
    if label.startswith("map<"):
        return {}
    if label == "string" and (form := _ID.search(f"{field.text} {field.rules or ''}")):
        return form["prefix"] + ("0" if form["hex"] else "a") * int(form["length"])
    return BY_TYPE.get(target, {}) if target else BY_TYPE.get(label, 2)


def _keys(field: Field) -> tuple[str, str]:
    """Give the names that values are kept under, the more exact one first."""
    return ".".join(field.full_name.split(".")[-2:]), field.name
