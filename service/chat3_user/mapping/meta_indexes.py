"""Meta indexes, between the contract and the platform's words."""

from typing import Any, Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.google.protobuf import NullValue, Struct, Value
from chat3_user.mapping.basics import OWN_KEYS, time
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.creating import missing_service_keys
from chat3_user.wire import plain

KINDS: Final = {
    pb.MetaKind.USER: "user",
    pb.MetaKind.DIALOG: "dialog",
    pb.MetaKind.MESSAGE: "message",
    pb.MetaKind.TOPIC: "topic",
    pb.MetaKind.PACK: "pack",
    pb.MetaKind.DIALOG_MEMBER: "dialogMember",
}
_MODES: Final = {
    pb.MetaIndexMode.UNIQUE: "unique",
    pb.MetaIndexMode.REQUIRED: "required",
    pb.MetaIndexMode.ALLOWED: "allowed",
}
_OPERATORS: Final = {
    pb.MetaIndexOperator.EQUAL: "eq",
    pb.MetaIndexOperator.IN: "in",
    pb.MetaIndexOperator.NOT_EQUAL: "ne",
    pb.MetaIndexOperator.PRESENT: "exists",
    pb.MetaIndexOperator.MISSING: "exists",
}
_MODES_OF: Final[dict[str, pb.MetaIndexMode]] = {word: mode for mode, word in _MODES.items()}
_OPERATORS_OF: Final[dict[str, pb.MetaIndexOperator]] = {
    word: operator
    for operator, word in _OPERATORS.items()
    if operator is not pb.MetaIndexOperator.MISSING
}
_ONE: Final = frozenset((pb.MetaIndexOperator.EQUAL, pb.MetaIndexOperator.NOT_EQUAL))


def index_spec(request: pb.CreateMetaIndexRequest) -> dict[str, Any]:
    """Return a valid request's index as the platform takes it."""
    spec: dict[str, Any] = {"mode": _MODES[request.mode], "keys": list(request.keys)}
    if request.condition is not None:
        spec["when"] = _when(request.condition)
    return spec


def meta_index(kind: pb.MetaKind, index: m.MetaIndex) -> pb.MetaIndex:
    """Return an index; the keys of this service stand apart, where they are missing."""
    return pb.MetaIndex(
        index_id=index.index_id,
        kind=kind,
        mode=_MODES_OF.get(index.mode, pb.MetaIndexMode.UNSPECIFIED),
        keys=sorted(key for key in index.keys if not key.startswith(OWN_KEYS)),
        condition=None if index.when is None else _condition(index.when),
        create_time=time(index.created_at),
        missing_service_keys=missing_service_keys(KINDS[kind], index),
    )


def _when(condition: pb.MetaIndexCondition) -> dict[str, Any]:
    operator = condition.operator
    values = [plain(Struct(fields={"value": each}))["value"] for each in condition.values]
    value: Any = values
    if operator in _ONE:
        value = values[0]
    elif operator is not pb.MetaIndexOperator.IN:
        value = operator is pb.MetaIndexOperator.PRESENT
    return {"key": condition.key, "op": _OPERATORS[operator], "value": value}


def _condition(when: m.When) -> pb.MetaIndexCondition:
    operator = _OPERATORS_OF.get(when.op, pb.MetaIndexOperator.UNSPECIFIED)
    values = when.value if isinstance(when.value, list) else [when.value]
    if operator is pb.MetaIndexOperator.PRESENT:
        values = []
        if when.value is False:
            operator = pb.MetaIndexOperator.MISSING
    return pb.MetaIndexCondition(
        key=when.key, operator=operator, values=[_value(value) for value in values]
    )


def _value(value: Any) -> Value:
    """Return what a condition compares with; the contract knows no lists and objects there."""
    match value:
        case bool():
            return Value(bool_value=value)
        case int() | float():
            return Value(number_value=float(value))
        case str():
            return Value(string_value=value)
    return Value(null_value=NullValue.NULL_VALUE)
