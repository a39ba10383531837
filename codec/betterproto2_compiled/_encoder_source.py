"""Write the source of a message class's encoder: straight-line code, one stretch per field.

The generated function is ``encode(message, depth) -> bytes``. It checks nothing beforehand: a value
of a wrong type makes one of its operations fail, and the failing line names the field. All names
that it uses begin with ``_``, so that those of fields can stand beside them in a builder.
"""

from __future__ import annotations

from contextlib import contextmanager
from math import copysign
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

from ._encoder_runtime import wrong_value
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
    SHORT_VARINTS,
    encode_tag,
    encode_varint,
    tag_and_short_varint,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN_VARINTS = frozenset({TYPE_ENUM, TYPE_INT32, TYPE_INT64, TYPE_UINT32, TYPE_UINT64})
_WITH_LENGTH = frozenset({TYPE_STRING, TYPE_BYTES, TYPE_MESSAGE})
_FLOATS = frozenset({TYPE_DOUBLE, TYPE_FLOAT})


def write_encoder(cls: type[betterproto2.Message], fields: list[Field]) -> Source:
    """Write the encoder of a class; its names lack the encoders of other classes."""
    names: dict[str, Any] = {
        "_cls": cls,
        "_Exception": Exception,
        "_bytes": bytes,
        "_empty_text": "",
        "_empty_bytes": b"",
        "_nothing": MappingProxyType({}),
        "_EncodeError": EncodeError,
        "_len": len,
        "_SHORT_VARINTS": SHORT_VARINTS,
        "_type": type,
        "_zero": 0,
        "_checked_bool": checked_bool,
        "_checked_bytes": checked_bytes,
        "_checked_int": checked_int,
        "_checked_str": checked_str,
        "_copysign": copysign,
        "_dict": dict,
        "_encode_varint": encode_varint,
        "_join": b"".join,
        "_list": list,
        "_wrong_value": wrong_value,
    }
    source = Source("def encode(_message, _depth):", names)
    with source.block("if _depth < 0:"):
        source.add("raise _EncodeError('nested too deeply: no decoder would accept it')")
    with naming_wrong_values(source):
        parts = [*write_fields(source, fields, "_message."), "_message._unknown_fields"]
        source.add(f"return _join(({', '.join(parts)},))")
    return source


@contextmanager
def naming_wrong_values(source: Source) -> Iterator[None]:
    """Write what makes of a failure in the lines inside an error that names the field."""
    with source.block("try:"):
        yield
    source.add("except _EncodeError:", "    raise")
    with source.block("except _Exception as _error:"):
        source.add("raise _wrong_value(_cls, _field_of_line, _error) from _error")


def write_fields(source: Source, fields: list[Field], owner: str) -> list[str]:
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
    names[f"_T{number}"] = encode_tag(number, _wire_type(field))
    names[f"_S{number}"] = tag_and_short_varint(names[f"_T{number}"])
    if field.presence is Presence.MAP:
        return _write_map(source, field, given)
    if field.presence is Presence.REPEATED:
        return _write_repeated(source, field, given)
    source.add(f"_value = {given}")
    if field.presence is Presence.IMPLICIT and field.proto_type == TYPE_BOOL:
        names[f"_V{number}"] = names[f"_T{number}"] + b"\x01"
        source.add(
            f"_k{number} = _V{number} if _value is True else"
            " b'' if _value is False else _checked_bool(_value)"
        )
        return [f"_k{number}"]
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
        return "_value is not None"
    if field.proto_type in _FLOATS:
        # -0.0 is false in Python but no default value in protobuf.
        return "_value or _copysign(1.0, _value) < 0.0"
    return "_value"


def _write_default_check(source: Source, field: Field) -> None:
    """Write the rejection of what is false but not the default value, such as ``None``."""
    proto_type = field.proto_type
    if proto_type == TYPE_STRING:
        source.add("if _value is not _empty_text: _checked_str(_value)")
    elif proto_type == TYPE_BYTES:
        source.add("if _value is not _empty_bytes: _checked_bytes(_value)")
    elif proto_type == TYPE_ENUM and field.cls is not None:
        source.names[f"_Z{field.number}"] = field.cls(0)
        source.add(
            f"if _value is not _Z{field.number} and _value is not _zero: _checked_int(_value)"
        )
    elif proto_type not in _FLOATS:
        source.add("if _value is not _zero: _checked_int(_value)")


def _write_value(source: Source, field: Field) -> list[str]:
    """Write what sends one value, be it the default or not."""
    number = field.number
    proto_type = field.proto_type
    if proto_type in _WITH_LENGTH:
        source.add(f"_d{number} = {_data(source, field)}", f"_size = _len(_d{number})")
        source.add(f"_k{number} = {_tag_and_size(number)}")
        return [f"_k{number}", f"_d{number}"]
    source.names[f"_encode_{proto_type}"] = SCALAR_ENCODERS[proto_type]
    encoded = f"_T{number} + _encode_{proto_type}(_value)"
    if proto_type in _PLAIN_VARINTS:
        # A bool would pass as an int: protobuf does not accept it.
        encoded = (
            f"_S{number}[_value] if 0 <= _value < 128"
            f" and _value is not True and _value is not False else {encoded}"
        )
        if field.presence is Presence.IMPLICIT:
            encoded = encoded.replace("0 <=", "0 <").replace(" and _value is not False", "")
    source.add(f"_k{number} = {encoded}")
    return [f"_k{number}"]


def _tag_and_size(number: int) -> str:
    return (
        f"_S{number}[_size] if _size < 128"
        f" else _T{number} + (_SHORT_VARINTS[_size] if _size < 16384 else _encode_varint(_size))"
    )


def _data(source: Source, field: Field) -> str:
    """Give the expression that encodes a ``value`` that has a length."""
    if field.proto_type == TYPE_STRING:
        return "_value.encode()"
    if field.proto_type == TYPE_BYTES:
        return "_value if _type(_value) is _bytes else _checked_bytes(_value)"
    return _message_expression(source, field, field.number, 1)


def _message_expression(source: Source, field: Field, number: int, levels: int) -> str:
    """Give the expression that encodes the message in ``value``.

    The encoders are linked later, by the number of the field, or of the map that it is in.
    """
    cls = field.message_cls
    if field.time is not None:
        return f"_value if _type(_value) is _bytes else _encode_{number}(_value)"
    if field.wrapped:
        return f"_encode_{number}(_value, _depth - {levels})"
    source.names[f"_C{number}"] = cls
    expression = (
        "_value if _type(_value) is _bytes"
        f" else _encode_{number}(_value, _depth - {levels}) if _type(_value) is _C{number}"
        f" else _encode_other(_value, _C{number}, _depth - {levels})"
    )
    if is_well_known(cls, "Struct"):
        source.names["_encode_plain"] = encode_plain
        return (
            f"_encode_plain(_value, _depth - {levels}) if _type(_value) is _dict"
            f" else _encode_plain_{number}(_value, _depth - {levels})"
            f" if _type(_value) is _P{number} else {expression}"
        )
    return expression


def _write_repeated(source: Source, field: Field, given: str) -> list[str]:
    number = field.number
    parts = [f"_k{number}"]
    if field.proto_type == TYPE_MESSAGE:
        source.add(f"_values = {given}")
        with source.block("if _type(_values) is _bytes:"):
            source.add(f"_k{number} = _values")
        with source.block("elif not _values and _type(_values) is _list:"):
            source.add(f"_k{number} = b''")
        with source.block("else:"):
            _write_entries(source, field, "_values")
        return parts
    if field.proto_type in _WITH_LENGTH:
        _write_entries(source, field, given)
        return parts
    encoder = f"_encode_{field.proto_type}"
    source.names[encoder] = SCALAR_ENCODERS[field.proto_type]
    source.add(
        f"_data = _join([{encoder}(_value) for _value in {given}])",
        "_size = _len(_data)",
        f"_k{number} = ({_tag_and_size(number)}) + _data if _size else b''",
    )
    return parts


def _write_entries(source: Source, field: Field, values: str) -> None:
    number = field.number
    source.add("_chunks = []")
    with source.block(f"for _value in {values}:"):
        source.add(f"_data = {_data(source, field)}", "_size = _len(_data)")
        source.add(f"_chunks += ({_tag_and_size(number)}, _data)")
    source.add(f"_k{number} = _join(_chunks)")


def _write_map(source: Source, field: Field, given: str) -> list[str]:
    key, value = field.key, field.value
    if key is None or value is None:
        raise TypeError(f"{field.name} is a map without types")
    number = field.number
    source.add("_chunks = []")
    with source.block(f"for _key, _value in {given}.items():"):
        for part in (key, value):
            wire_type = wire_type_of(part.proto_type)
            source.names[f"_{part.name}_tag_{number}"] = encode_tag(part.number, wire_type)
            if part.proto_type == TYPE_MESSAGE:
                expression = _message_expression(source, part, number, 2)
            else:
                encoder = f"_encode_{part.proto_type}"
                source.names[encoder] = SCALAR_ENCODERS[part.proto_type]
                expression = f"{encoder}(_{part.name})"
            data = f"_{part.name}_data"
            source.add(f"{data} = {expression}")
            if wire_type == LENGTH:
                source.add(f"{data} = _encode_varint(_len({data})) + {data}")
        source.add(
            f"_data = _key_tag_{number} + _key_data + _value_tag_{number} + _value_data",
            "_size = _len(_data)",
            f"_chunks += ({_tag_and_size(number)}, _data)",
        )
    source.add(f"_k{number} = _join(_chunks)")
    return [f"_k{number}"]
