"""Write the source of a message class's encoder: straight-line code, one stretch per field.

The generated functions are ``encode(message, depth) -> bytes`` and, for who needs no object between
his values and the wire, ``build(*, field=...) -> Encoded``. They check nothing beforehand: a value
of a wrong type makes one of their operations fail, and the failing line names the field.
"""

from __future__ import annotations

from contextlib import contextmanager
from math import copysign
from struct import error as StructError  # noqa: N812 (it is a class)
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import betterproto2
from betterproto2 import (
    TYPE_BOOL,
    TYPE_BYTES,
    TYPE_DOUBLE,
    TYPE_ENUM,
    TYPE_FLOAT,
    TYPE_INT32,
    TYPE_INT64,
    TYPE_MESSAGE,
    TYPE_STRING,
    TYPE_UINT32,
    TYPE_UINT64,
)

from ._errors import EncodeError
from ._fields import Field, Presence, is_well_known
from ._plain_wire import encode_plain
from ._scalars import (
    SCALAR_ENCODERS,
    checked_bool,
    checked_bytes,
    checked_int,
    checked_str,
    wire_type_of,
)
from ._source import Source
from ._wire import (
    LENGTH,
    MAX_DEPTH,
    SHORT_VARINTS,
    encode_tag,
    encode_varint,
    tag_and_short_varint,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN_VARINTS = frozenset({TYPE_ENUM, TYPE_INT32, TYPE_INT64, TYPE_UINT32, TYPE_UINT64})
_EXPECTED = {"encode": "str", "items": "dict"}
_VARIABLES = frozenset({"value", "values", "size", "data", "chunks", "key", "depth"})
_WITH_LENGTH = frozenset({TYPE_STRING, TYPE_BYTES, TYPE_MESSAGE})
_FLOATS = frozenset({TYPE_DOUBLE, TYPE_FLOAT})


def wrong_value(
    cls: type[betterproto2.Message], fields: dict[int, str], error: Exception
) -> EncodeError:
    """Say which field could not be encoded, from the line of the generated code that failed."""
    line = error.__traceback__.tb_lineno if error.__traceback__ else 0
    name = fields.get(line)
    where = f"{cls.__name__}.{name}" if name else cls.__name__
    if isinstance(error, UnicodeEncodeError):
        reason = "text with lone surrogates"  # its own text has an excerpt of the value
    elif isinstance(error, StructError):
        reason = "a number out of range"  # its own text speaks of floats that are none
    elif isinstance(error, AttributeError) and error.name in _EXPECTED:
        reason = f"expected {_EXPECTED[error.name]}, not {type(error.obj).__name__}"
    else:
        reason = str(error)
    return EncodeError(f"{where}: {reason}")


def write_encoder(cls: type[betterproto2.Message], fields: list[Field]) -> Source:
    """Write the encoder of a class; its names lack the encoders of other classes."""
    # Builtins have capitals because a builder's parameters, such as `type`, would hide them.
    names: dict[str, Any] = {
        "CLS": cls,
        "BYTES": bytes,
        "EMPTY": "",
        "EMPTY_BYTES": b"",
        "NOTHING": MappingProxyType({}),
        "EncodeError": EncodeError,
        "LEN": len,
        "SHORT_VARINTS": SHORT_VARINTS,
        "TYPE": type,
        "ZERO": 0,
        "checked_bool": checked_bool,
        "checked_bytes": checked_bytes,
        "checked_int": checked_int,
        "checked_str": checked_str,
        "copysign": copysign,
        "encode_varint": encode_varint,
        "join": b"".join,
        "wrong_value": wrong_value,
    }
    source = Source("def encode(message, depth):", names)
    with source.block("if depth < 0:"):
        source.add("raise EncodeError('nested too deeply: no decoder would accept it')")
    with _naming_wrong_values(source):
        parts = [*_write_fields(source, fields, "message."), "message._unknown_fields"]
        source.add(f"return join(({', '.join(parts)},))")
    return source


def write_builder(
    cls: type[betterproto2.Message], fields: list[Field], names: dict[str, Any]
) -> Source:
    """Write the builder of a class; ``names`` are those of its encoder, linked.

    Raises:
        TypeError: A field has a name that the generated code uses itself.

    """
    taken = {field.name for field in fields} & (names.keys() | _VARIABLES)
    if taken:
        raise TypeError(f"{cls.__name__} has a field of a name in use: {', '.join(sorted(taken))}")
    parameters = [f"{field.name}={_absent(field)}" for field in fields]
    source = Source(f"def build({', '.join(['*', *parameters] if fields else [])}):", names)
    source.add(f"depth = {MAX_DEPTH}")
    with _naming_wrong_values(source):
        parts = _write_fields(source, fields, "")
        source.add(f"return join([{', '.join(parts)}])")
    return source


@contextmanager
def _naming_wrong_values(source: Source) -> Iterator[None]:
    with source.block("try:"):
        yield
    source.add("except EncodeError:", "    raise")
    with source.block("except Exception as error:"):
        source.add("raise wrong_value(CLS, FIELD_OF_LINE, error) from error")


def _absent(field: Field) -> str:
    """Give the expression of the value that a field has when it is not given."""
    if field.presence in {Presence.REPEATED, Presence.MAP}:
        return "NOTHING"
    if field.presence is Presence.EXPLICIT:
        return "None"
    match field.proto_type:
        case betterproto2.TYPE_STRING:
            return "EMPTY"
        case betterproto2.TYPE_BYTES:
            return "EMPTY_BYTES"
        case betterproto2.TYPE_BOOL:
            return "False"
        case _:
            return "ZERO"


def _write_fields(source: Source, fields: list[Field], owner: str) -> list[str]:
    """Write the encoding of all fields, read from what ``owner`` begins; return the variables."""
    parts: list[str] = []
    for field in fields:
        with source.field(field.name):
            parts += _write_field(source, field, f"{owner}{field.name}")
    return parts


def _write_field(source: Source, field: Field, given: str) -> list[str]:
    """Write the encoding of a field into one or two variables, and return their names."""
    number = field.number
    names = source.names
    names[f"T{number}"] = encode_tag(number, _wire_type(field))
    names[f"S{number}"] = tag_and_short_varint(names[f"T{number}"])
    if field.presence is Presence.MAP:
        return _write_map(source, field, given)
    if field.presence is Presence.REPEATED:
        return _write_repeated(source, field, given)
    source.add(f"value = {given}")
    if field.presence is Presence.IMPLICIT and field.proto_type == TYPE_BOOL:
        names[f"V{number}"] = names[f"T{number}"] + b"\x01"
        source.add(
            f"k{number} = V{number} if value is True else"
            " b'' if value is False else checked_bool(value)"
        )
        return [f"k{number}"]
    with source.block(f"if {_is_sent(field)}:"):
        parts = _write_value(source, field)
    with source.block("else:"):
        source.add(f"{' = '.join(parts)} = b''")
        if field.presence is Presence.IMPLICIT:
            _write_default_check(source, field)
    return parts


def _wire_type(field: Field) -> int:
    if field.presence in {Presence.MAP, Presence.REPEATED}:
        return LENGTH
    return wire_type_of(field.proto_type)


def _is_sent(field: Field) -> str:
    if field.presence is Presence.EXPLICIT:
        return "value is not None"
    if field.proto_type in _FLOATS:
        # -0.0 is false in Python but no default value in protobuf.
        return "value or copysign(1.0, value) < 0.0"
    return "value"


def _write_default_check(source: Source, field: Field) -> None:
    """Write the rejection of what is false but not the default value, such as ``None``."""
    proto_type = field.proto_type
    if proto_type == TYPE_STRING:
        source.add("if value is not EMPTY: checked_str(value)")
    elif proto_type == TYPE_BYTES:
        source.add("if value is not EMPTY_BYTES: checked_bytes(value)")
    elif proto_type == TYPE_ENUM and field.cls is not None:
        source.names[f"Z{field.number}"] = field.cls(0)
        source.add(f"if value is not Z{field.number} and value is not ZERO: checked_int(value)")
    elif proto_type not in _FLOATS:
        source.add("if value is not ZERO: checked_int(value)")


def _write_value(source: Source, field: Field) -> list[str]:
    """Write what sends one value, be it the default or not."""
    number = field.number
    proto_type = field.proto_type
    if proto_type in _WITH_LENGTH:
        source.add(f"d{number} = {_data(source, field)}", f"size = LEN(d{number})")
        source.add(f"k{number} = {_tag_and_size(number)}")
        return [f"k{number}", f"d{number}"]
    source.names[f"encode_{proto_type}"] = SCALAR_ENCODERS[proto_type]
    encoded = f"T{number} + encode_{proto_type}(value)"
    if proto_type in _PLAIN_VARINTS:
        # A bool would pass as an int: protobuf does not accept it.
        encoded = (
            f"S{number}[value] if 0 <= value < 128 and value is not True and value is not False"
            f" else {encoded}"
        )
        if field.presence is Presence.IMPLICIT:
            encoded = encoded.replace("0 <=", "0 <").replace(" and value is not False", "")
    source.add(f"k{number} = {encoded}")
    return [f"k{number}"]


def _tag_and_size(number: int) -> str:
    return (
        f"S{number}[size] if size < 128"
        f" else T{number} + (SHORT_VARINTS[size] if size < 16384 else encode_varint(size))"
    )


def _data(source: Source, field: Field) -> str:
    """Give the expression that encodes a ``value`` that has a length."""
    if field.proto_type == TYPE_STRING:
        return "value.encode()"
    if field.proto_type == TYPE_BYTES:
        return "value if TYPE(value) is BYTES else checked_bytes(value)"
    return _message_expression(source, field, field.number, 1)


def _message_expression(source: Source, field: Field, number: int, levels: int) -> str:
    """Give the expression that encodes the message in ``value``.

    The encoders are linked later, by the number of the field, or of the map that it is in.
    """
    cls = field.message_cls
    if field.time is not None:
        return f"value if TYPE(value) is BYTES else encode_{number}(value)"
    if field.wrapped:
        return f"encode_{number}(value, depth - {levels})"
    source.names[f"C{number}"] = cls
    expression = (
        "value if TYPE(value) is BYTES"
        f" else encode_{number}(value, depth - {levels}) if TYPE(value) is C{number}"
        f" else encode_other(value, C{number}, depth - {levels})"
    )
    if is_well_known(cls, "Struct"):
        source.names["encode_plain"] = encode_plain
        return (
            f"encode_plain(value, depth - {levels}) if TYPE(value) is dict"
            f" else encode_plain_{number}(value, depth - {levels}) if TYPE(value) is P{number}"
            f" else {expression}"
        )
    return expression


def _write_repeated(source: Source, field: Field, given: str) -> list[str]:
    number = field.number
    parts = [f"k{number}"]
    if field.proto_type == TYPE_MESSAGE:
        source.add(f"values = {given}")
        with source.block("if TYPE(values) is BYTES:"):
            source.add(f"k{number} = values")
        with source.block("else:"):
            _write_entries(source, field, "values")
        return parts
    if field.proto_type in _WITH_LENGTH:
        _write_entries(source, field, given)
        return parts
    encoder = f"encode_{field.proto_type}"
    source.names[encoder] = SCALAR_ENCODERS[field.proto_type]
    source.add(
        f"data = join([{encoder}(value) for value in {given}])",
        "size = LEN(data)",
        f"k{number} = ({_tag_and_size(number)}) + data if size else b''",
    )
    return parts


def _write_entries(source: Source, field: Field, values: str) -> None:
    number = field.number
    source.add("chunks = []")
    with source.block(f"for value in {values}:"):
        source.add(f"data = {_data(source, field)}", "size = LEN(data)")
        source.add(f"chunks += ({_tag_and_size(number)}, data)")
    source.add(f"k{number} = join(chunks)")


def _write_map(source: Source, field: Field, given: str) -> list[str]:
    key, value = field.key, field.value
    if key is None or value is None:
        raise TypeError(f"{field.name} is a map without types")
    number = field.number
    source.add("chunks = []")
    with source.block(f"for key, value in {given}.items():"):
        for part in (key, value):
            wire_type = wire_type_of(part.proto_type)
            source.names[f"{part.name}_tag_{number}"] = encode_tag(part.number, wire_type)
            if part.proto_type == TYPE_MESSAGE:
                expression = _message_expression(source, part, number, 2)
            else:
                encoder = f"encode_{part.proto_type}"
                source.names[encoder] = SCALAR_ENCODERS[part.proto_type]
                expression = f"{encoder}({part.name})"
            source.add(f"{part.name}_data = {expression}")
            if wire_type == LENGTH:
                source.add(
                    f"{part.name}_data = encode_varint(LEN({part.name}_data)) + {part.name}_data"
                )
        source.add(
            f"data = key_tag_{number} + key_data + value_tag_{number} + value_data",
            "size = LEN(data)",
            f"chunks += ({_tag_and_size(number)}, data)",
        )
    source.add(f"k{number} = join(chunks)")
    return [f"k{number}"]
