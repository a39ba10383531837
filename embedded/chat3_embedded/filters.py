"""The filter syntax `(field,op,value)` with `&`, `|` and groups, parsed as loosely as recorded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

import msgspec

from chat3_embedded.errors import bad_request, internal
from chat3_embedded.ids import META_KEY
from chat3_embedded.jsonvalues import TIME_KEYS, decode, number

OPERATORS = ("eq", "ne", "in", "nin", "all", "gt", "gte", "lt", "lte", "regex", "exists")
MAX_OPERANDS = 12
# Nobody nests deeper; it keeps hostile text from exhausting the stack.
_MAX_DEPTH = 50
_LISTS = frozenset({"in", "nin", "all"})

_HEAD = re.compile(r"\(\s*([^(),]+?)\s*,\s*([^(),]+?)\s*,")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:?\d\d)?)?")
_LITERALS = {"true": True, "false": False, "null": None}
_NAMES = {"&": "conditions in group", "|": "OR branches"}
# The real pattern takes a parenthesis for a part of the field, where no group begins with it.
_STRAY_HEAD = re.compile(r"\(\s*([^),]+?)\s*,\s*([^(),]+?)\s*,")


class FilterError(Exception):
    """The filter parses but is not allowed; each endpoint words the 400 in its own way."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison of a field."""

    field: str
    operator: str
    value: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Operands joined by `&` or by `|`."""

    joiner: str
    operands: tuple[Node, ...]


Node: TypeAlias = Condition | Group


def parse_filter(text: str) -> Node | None:
    """Parse a filter; None for text that is no filter, which most endpoints then ignore."""
    text = text.strip()
    if text.startswith("{"):
        return _parse_json(text)
    parsed = _parse_operands(text, 0)
    # Whatever stands behind the last operand that parsed is ignored, as recorded: a value ends at
    # the first `)`, and what is left of a value with parentheses in it does no harm.
    return parsed[0] if parsed else None


def _parse_operands(text: str, at: int, depth: int = 0) -> tuple[Node, int] | None:
    operands: list[Node] = []
    joiners: set[str] = set()
    parsed = _parse_operand(text, at, depth)
    while parsed:
        node, at = parsed
        operands.append(node)
        joiner = text[at : at + 1]
        parsed = _parse_operand(text, at + 1, depth) if joiner in _NAMES else None
        if parsed:
            joiners.add(joiner)
    if not operands:
        return None
    if len(joiners) > 1:
        message = "Filter validation failed: use parentheses to group when mixing & and |"
        raise FilterError(message)
    if not joiners:
        return operands[0], at
    joiner = joiners.pop()
    if len(operands) > MAX_OPERANDS:
        message = f"Filter validation failed: too many {_NAMES[joiner]} (max {MAX_OPERANDS})"
        raise FilterError(message)
    return Group(joiner, tuple(operands)), at


def _parse_operand(text: str, at: int, depth: int) -> tuple[Node, int] | None:
    if head := _HEAD.match(text, at):
        field, operator = head.groups()
        end = _end_of_value(text, head.end(), balanced=operator == "regex")
        if end is not None:
            return _condition(field, operator, text[head.end() : end]), end + 1
    nested = text.startswith("((", at) and depth < _MAX_DEPTH
    if nested and (parsed := _parse_operands(text, at + 1, depth + 1)):
        node, end = parsed
        if text.startswith(")", end):
            return node, end + 1
    return _stray_condition(text, at) if depth == 0 else None


def _stray_condition(text: str, at: int) -> tuple[Node, int] | None:
    head = _STRAY_HEAD.match(text, at)
    end = _end_of_value(text, head.end(), balanced=False) if head else None
    if head is None or end is None:
        return None
    field, operator = head.groups()
    return _condition(field, operator, text[head.end() : end]), end + 1


def _end_of_value(text: str, at: int, *, balanced: bool) -> int | None:
    """Return where the closing parenthesis stands: the first one, save for regular expressions."""
    depth = 0
    for index in range(at, len(text)):
        if text[index] == "(" and balanced:
            depth += 1
        elif text[index] == ")":
            if depth == 0:
                return index
            depth -= 1
    return None


def _condition(field: str, operator: str, text: str) -> Condition:
    _check_operator(operator)
    _check_field(field)
    value = _value(field, text.strip())
    return _checked_value(Condition(field, operator, value))


def _check_operator(operator: str) -> None:
    if operator not in OPERATORS:
        message = f"Unsupported operator: {operator}. Supported: {', '.join(OPERATORS)}"
        raise FilterError(message)


def _check_field(field: str) -> None:
    if not field.startswith("meta."):
        return
    key = field.removeprefix("meta.")
    if "." in key:
        message = (
            "Meta key cannot contain a dot. Use underscore (e.g. contact_phone)."
            " Allowed: letters, numbers, underscore."
        )
        raise FilterError(message)
    if not META_KEY.fullmatch(key):
        message = (
            "Meta key may only contain letters, numbers, and underscores"
            " (no dots or hyphens). Example: contact_phone"
        )
        raise FilterError(message)


def _checked_value(condition: Condition) -> Condition:
    if condition.field == "topicId" and condition.value is None:
        raise bad_request("Filter on topicId with null is deprecated")
    if condition.operator in _LISTS and not isinstance(condition.value, list):
        raise FilterError(f"${condition.operator} needs an array")
    if condition.field.startswith("meta.") and condition.value is None:
        # The recorded text of an upstream slip: meta equality with null dereferences null.
        raise FilterError("Cannot read properties of null (reading '$ne')")
    if condition.operator == "regex":
        try:
            re.compile(str(condition.value))
        except re.error as error:
            raise FilterError(f"Invalid regular expression: {error}") from None
    return condition


def _value(field: str, text: str) -> Any:
    if text.startswith("[") and text.endswith("]"):
        inside = text[1:-1].strip()
        return [_value(field, item.strip()) for item in inside.split(",")] if inside else []
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text in _LITERALS:
        return _LITERALS[text]
    if _NUMBER.fullmatch(text):
        return number(float(text)) if "." in text else int(text)
    if field.rpartition(".")[2] in TIME_KEYS and _DATE.fullmatch(text):
        return _milliseconds(text)
    return text


def _milliseconds(text: str) -> Any:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.timestamp() * 1000


def _parse_json(text: str) -> Node:
    try:
        query = decode(text)
    except msgspec.DecodeError:
        raise FilterError("Invalid JSON filter format") from None
    return _json_node(query)


def _json_node(query: Any) -> Node:
    if not isinstance(query, dict):
        raise FilterError("Invalid JSON filter format")
    operands: list[Node] = []
    for field, value in query.items():
        if field in {"$or", "$and"} and isinstance(value, list):
            joiner = "|" if field == "$or" else "&"
            # What is no object is no condition.
            nodes = tuple(_json_node(item) for item in value if isinstance(item, dict))
            operands += [Group(joiner, nodes)] if nodes else []
        elif field == "$where":
            raise internal("$where is not allowed in this context")
        elif field.startswith("$"):
            raise internal(f"unknown top level operator: {field}")
        elif field == "meta" and isinstance(value, dict):
            for key, item in value.items():
                operands += _json_conditions(f"meta.{key}", item)
        else:
            operands += _json_conditions(field, value)
    return Group("&", tuple(operands))


def _json_conditions(field: str, value: Any) -> list[Node]:
    if isinstance(value, dict) and any(name.startswith("$") for name in value):
        pairs = [(name.removeprefix("$"), item) for name, item in value.items()]
    else:
        pairs = [("eq", value)]
    for operator, _ in pairs:
        _check_operator(operator)
    return [_checked_value(Condition(field, operator, item)) for operator, item in pairs]
