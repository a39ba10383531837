"""Write the source that reads lengths and scalar values, for the decoders of messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from betterproto2 import (
    TYPE_BOOL,
    TYPE_BYTES,
    TYPE_ENUM,
    TYPE_INT32,
    TYPE_INT64,
    TYPE_STRING,
    TYPE_UINT32,
    TYPE_UINT64,
)

from ._scalars import FROM_VARINT, PACKERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._fields import Field
    from ._source import Source

_SAME_WHEN_SHORT = frozenset({TYPE_ENUM, TYPE_INT32, TYPE_INT64, TYPE_UINT32, TYPE_UINT64})


def write_length(source: Source) -> None:
    """Write the reading of a length; the value is then ``data[position:stop]``."""
    source.add(
        "stop = data[position]",
        "position += 1",
        "if stop > 127: stop, position = read_short_varint(data, position, stop)",
        "stop += position",
        "if stop > end: raise WireError(f'truncated: a value goes on beyond byte {end}')",
    )


def write_scalar(source: Source, field: Field) -> None:
    """Write the reading of a scalar into ``value``."""
    proto_type = field.proto_type
    if proto_type == TYPE_STRING:
        write_length(source)
        source.add("value = data[position:stop].decode()", "position = stop")
    elif proto_type == TYPE_BYTES:
        write_length(source)
        source.add("value = data[position:stop]", "position = stop")
    elif proto_type in PACKERS:
        source.names[f"unpack_{proto_type}"] = PACKERS[proto_type].unpack_from
        source.add(
            f"(value,) = unpack_{proto_type}(data, position)",
            f"position += {PACKERS[proto_type].size}",
        )
    else:
        source.names[f"from_{proto_type}"] = FROM_VARINT[proto_type]
        source.add("value = data[position]", "position += 1")
        with source.block("if value > 127:"):
            source.add("value, position = read_varint(data, position, value)")
            if proto_type in _SAME_WHEN_SHORT:
                source.add(f"value = from_{proto_type}(value)")
        if proto_type == TYPE_BOOL:
            source.add("value = value != 0")
        elif proto_type not in _SAME_WHEN_SHORT:
            source.add(f"value = from_{proto_type}(value)")
        if proto_type == TYPE_ENUM:
            _name_enum(source, field)
            number = field.number
            source.add(f"value = E{number}[value] if value in E{number} else C{number}(value)")


def _name_enum(source: Source, field: Field) -> None:
    if field.cls is None:
        raise TypeError(f"{field.name} is an enum without class")
    source.names[f"C{field.number}"] = field.cls
    source.names[f"E{field.number}"] = {
        member.value: member for member in field.cls.__members__.values()
    }


def packed_expression(source: Source, field: Field) -> str:
    """Give the expression for the values packed in ``data[position:stop]``."""
    proto_type = field.proto_type
    names = source.names
    if proto_type in PACKERS:
        names[f"P{field.number}"] = PACKERS[proto_type]
        return f"read_packed_fixed(data, position, stop, P{field.number})"
    convert: Callable[[int], Any] = FROM_VARINT[proto_type]
    values = f"read_packed_varints(data, position, stop, P{field.number})"
    names[f"P{field.number}"] = convert
    if proto_type == TYPE_ENUM:
        return f"map(C{field.number}, {values})"
    return values
