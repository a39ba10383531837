"""Write the source of a message class's decoder: one pass over the bytes in field order.

The generated function is ``decode(data, position, end, depth) -> message``. Encoders write fields
in the order of their numbers, so the code tries the tags in this order, each once, and reads the
next tag where one has matched; a tag that comes out of order costs one more round.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import error as StructError  # noqa: N812 (it is a class)
from typing import Any

import betterproto2
from betterproto2 import (
    TYPE_BOOL,
    TYPE_BYTES,
    TYPE_DOUBLE,
    TYPE_ENUM,
    TYPE_FLOAT,
    TYPE_INT32,
    TYPE_INT64,
    TYPE_MAP,
    TYPE_MESSAGE,
    TYPE_STRING,
    TYPE_UINT32,
    TYPE_UINT64,
)

from ._errors import DecodeError, WireError
from ._fields import Field, Presence
from ._scalars import (
    FROM_VARINT,
    PACKERS,
    read_packed_fixed,
    read_packed_varints,
    wire_type_of,
)
from ._source import Source
from ._wire import (
    LENGTH,
    MAX_DEPTH,
    check_framing,
    read_short_varint,
    read_varint,
    skip_value,
)

_NOT_PACKED = frozenset({TYPE_STRING, TYPE_BYTES, TYPE_MESSAGE, TYPE_MAP})
_SAME_WHEN_SHORT = frozenset({TYPE_ENUM, TYPE_INT32, TYPE_INT64, TYPE_UINT32, TYPE_UINT64})
_DEFAULTS = {
    TYPE_BOOL: "False",
    TYPE_BYTES: "b''",
    TYPE_DOUBLE: "0.0",
    TYPE_FLOAT: "0.0",
    TYPE_STRING: "''",
}


def wrong_bytes(
    cls: type[Any], fields: dict[int, str], position: int, error: Exception
) -> DecodeError:
    """Say what was wrong and where, from the line of the generated code that failed."""
    line = error.__traceback__.tb_lineno if error.__traceback__ else 0
    name = fields.get(line)
    where = f"{cls.__name__}.{name}" if name else cls.__name__
    if isinstance(error, WireError):
        reason = str(error)
    elif isinstance(error, IndexError | StructError):
        reason = f"truncated at byte {position}"
    elif isinstance(error, UnicodeDecodeError):
        reason = f"not UTF-8 at byte {position}"  # its own text has an excerpt of the value
    elif isinstance(error, OverflowError):
        reason = f"out of Python's range before byte {position}"
    else:
        reason = f"{error} at byte {position}"
    return DecodeError(f"{where}: {reason}")


Later = dict[int, list[bytes]]
"""The parts of message fields that occur more than once, by field number."""


def join_later(
    later: Later | None,
    number: int,
    data: bytes,
    first: tuple[int, int],
    second: tuple[int, int],
    depth: int,
) -> Later:
    """Keep another part of a message field: protobuf merges parts, which is to decode them joined.

    Each part must be a row of whole fields by itself. Decoding each as it comes and once more
    when joined would take exponential time in messages nested on purpose.
    """
    if later is None:
        later = {}
    parts = later.get(number)
    if parts is None:
        check_framing(data, *first, depth)
        parts = later[number] = [data[first[0] : first[1]]]
    check_framing(data, *second, depth)
    parts.append(data[second[0] : second[1]])
    return later


def decode_parts(
    data: bytes,
    span: tuple[int, int],
    later: Later | None,
    number: int,
    decoder: Callable[[bytes, int, int, int], Any],
    depth: int,
) -> Any:
    """Decode a message field from its only place, or from all its parts joined."""
    parts = later.pop(number, None) if later else None
    if parts is None:
        return decoder(data, span[0], span[1], depth)
    joined = b"".join(parts)
    return decoder(joined, 0, len(joined), depth)


def write_decoder(
    cls: type[betterproto2.Message], fields: list[Field], entry_of: str | None = None
) -> Source:
    """Write the decoder of a class, or of a map's entry, whose result is a key and a value.

    Its names lack the decoders of other classes: ``decode_<number>`` for fields and, by number,
    ``DECODERS`` for the messages in oneofs.
    """
    names: dict[str, Any] = {
        "CLS": cls,
        "DECODERS": {},
        "DecodeError": DecodeError,
        "NAMES": {field.number: field.name for field in fields},
        "WireError": WireError,
        "decode_parts": decode_parts,
        "join_later": join_later,
        "new": object.__new__,
        "read_packed_fixed": read_packed_fixed,
        "read_packed_varints": read_packed_varints,
        "read_short_varint": read_short_varint,
        "read_varint": read_varint,
        "skip_value": skip_value,
        "wrong_bytes": wrong_bytes,
    }
    source = Source("def decode(data, position, end, depth):", names, entry_of)
    _Writer(source, fields, is_entry=entry_of is not None).write()
    return source


class _Writer:
    """Writes one decoder.

    A message field is not decoded where it is met: its place is remembered and decoded at the
    end, when it is known whether it occurs again.
    """

    def __init__(self, source: Source, fields: list[Field], *, is_entry: bool) -> None:
        self.source = source
        self.fields = fields
        self.is_entry = is_entry
        groups = dict.fromkeys(field.group for field in fields if field.group is not None)
        self.oneofs = {group: index for index, group in enumerate(groups)}

    def write(self) -> None:
        source = self.source
        with source.block("if depth < 0:"):
            source.add(
                "raise DecodeError(f'{CLS.__name__}: nested deeper than"
                f" {MAX_DEPTH} levels at byte {{position}}')"
            )
        source.add("later = unknown = None", "marked = after = -1")
        for field in self.fields:
            if field.group is None:
                source.add(f"f{field.number} = {self._initial(field)}")
        for index in self.oneofs.values():
            source.add(f"case{index} = 0", f"kept{index} = None")
        tags: list[int] = []
        with source.block("try:"):
            with source.block("if position < end:"):
                self._next_tag()
                with source.block("while True:"):
                    for field in self.fields:
                        with source.field(field.name):
                            tags += self._reading(field)
                    self._unknown()
            with source.block("if position > end:"):
                source.add("raise WireError(f'truncated: a value goes on beyond byte {end}')")
            self._result()
        source.names["KNOWN"] = frozenset(tags)
        source.add("except DecodeError:", "    raise")
        with source.block("except Exception as error:"):
            source.add("raise wrong_bytes(CLS, FIELD_OF_LINE, position, error) from error")

    def _initial(self, field: Field) -> str:
        if field.presence is Presence.REPEATED:
            return "[]"
        if field.presence is Presence.MAP:
            return "{}"
        if field.presence is Presence.EXPLICIT or field.proto_type == TYPE_MESSAGE:
            return "None"
        if field.proto_type == TYPE_ENUM and field.cls is not None:
            self.source.names[f"Z{field.number}"] = field.cls(0)
            return f"Z{field.number}"
        return _DEFAULTS.get(field.proto_type, "0")

    def _next_tag(self) -> None:
        source = self.source
        source.add("tag = data[position]", "position += 1")
        with source.block("if tag > 127:"):
            source.add(
                "marked = position - 1",
                "tag, position = read_short_varint(data, position, tag)",
                "after = position",
            )

    def _more(self) -> None:
        self.source.add("if position >= end: break")
        self._next_tag()

    def _unknown(self) -> None:
        source = self.source
        source.add(
            "if tag in KNOWN: continue",
            "start = marked if after == position else position - 1",
            "position = skip_value(data, position, end, tag, depth)",
            "if unknown is None: unknown = []",
            "unknown.append(data[start:position])",
        )
        self._more()

    def _reading(self, field: Field) -> list[int]:
        """Write the reading of one field; return the tags that it takes."""
        source = self.source
        number = field.number
        if field.presence is Presence.MAP:
            with source.block(f"if tag == {number << 3 | LENGTH}:"):
                self._length()
                source.add(
                    f"key, value = decode_{number}(data, position, stop, depth - 1)",
                    f"f{number}[key] = value",
                    "position = stop",
                )
                self._more()
            return [number << 3 | LENGTH]
        tag = number << 3 | wire_type_of(field.proto_type)
        if field.presence is not Presence.REPEATED:
            with source.block(f"if tag == {tag}:"):
                self._single(field)
                self._more()
            return [tag]
        with source.block(f"while tag == {tag}:"):
            if field.proto_type == TYPE_MESSAGE:
                self._length()
                source.add(
                    f"f{number}.append(decode_{number}(data, position, stop, depth - 1))",
                    "position = stop",
                )
            else:
                self._scalar(field)
                source.add(f"f{number}.append(value)")
            with source.block("if position >= end:"):
                source.add("tag = -1", "break")
            self._next_tag()
        source.add("if tag < 0: break")
        if field.proto_type in _NOT_PACKED:
            return [tag]
        packed = number << 3 | LENGTH
        with source.block(f"if tag == {packed}:"):
            self._length()
            source.add(f"f{number} += {self._packed(field)}", "position = stop")
            self._more()
        return [tag, packed]

    def _single(self, field: Field) -> None:
        source = self.source
        number = field.number
        is_message = field.proto_type == TYPE_MESSAGE
        if is_message:
            self._length()
        else:
            self._scalar(field)
        if field.group is not None:
            index = self.oneofs[field.group]
            with source.block(f"if case{index} != {number}:"):
                with source.block(f"if case{index} in DECODERS:"):
                    # The last member counts, but the others must be valid all the same.
                    source.add(
                        f"decode_parts(data, kept{index}, later, case{index},"
                        f" DECODERS[case{index}], depth - 1)"
                    )
                source.add(f"case{index} = {number}")
                source.add(f"kept{index} = {'position, stop' if is_message else 'value'}")
            with source.block("else:"):
                if is_message:
                    source.add(
                        f"later = join_later(later, {number}, data, kept{index},"
                        " (position, stop), depth - 1)"
                    )
                else:
                    source.add(f"kept{index} = value")
        elif is_message:
            with source.block(f"if f{number} is None:"):
                source.add(f"f{number} = position, stop")
            with source.block("else:"):
                source.add(
                    f"later = join_later(later, {number}, data, f{number},"
                    " (position, stop), depth - 1)"
                )
        else:
            source.add(f"f{number} = value")
        if is_message:
            source.add("position = stop")

    def _length(self) -> None:
        """Write the reading of a length; the value is then ``data[position:stop]``."""
        self.source.add(
            "stop = data[position]",
            "position += 1",
            "if stop > 127: stop, position = read_short_varint(data, position, stop)",
            "stop += position",
            "if stop > end: raise WireError(f'truncated: a value goes on beyond byte {end}')",
        )

    def _scalar(self, field: Field) -> None:
        """Write the reading of a scalar into ``value``."""
        source = self.source
        proto_type = field.proto_type
        if proto_type == TYPE_STRING:
            self._length()
            source.add("value = data[position:stop].decode()", "position = stop")
        elif proto_type == TYPE_BYTES:
            self._length()
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
                self._name_enum(field)
                number = field.number
                source.add(
                    f"value = E{number}[value] if value in E{number} else C{number}(value)"
                )

    def _name_enum(self, field: Field) -> None:
        if field.cls is None:
            raise TypeError(f"{field.name} is an enum without class")
        self.source.names[f"C{field.number}"] = field.cls
        self.source.names[f"E{field.number}"] = {
            member.value: member for member in field.cls.__members__.values()
        }

    def _packed(self, field: Field) -> str:
        proto_type = field.proto_type
        names = self.source.names
        if proto_type in PACKERS:
            names[f"P{field.number}"] = PACKERS[proto_type]
            return f"read_packed_fixed(data, position, stop, P{field.number})"
        convert: Callable[[int], Any] = FROM_VARINT[proto_type]
        values = f"read_packed_varints(data, position, stop, P{field.number})"
        names[f"P{field.number}"] = convert
        if proto_type == TYPE_ENUM:
            return f"map(C{field.number}, {values})"
        return values

    def _result(self) -> None:
        source = self.source
        if self.is_entry:
            with source.field("value"):
                for field in self.fields:
                    if field.proto_type == TYPE_MESSAGE:
                        number = field.number
                        source.add(
                            f"f{number} = decode_{number}(b'', 0, 0, 0) if f{number} is None"
                            f" else {self._decoded(field)}"
                        )
            source.add("return f1, f2")
            return
        source.add("message = new(CLS)")
        for field in self.fields:
            value = f"f{field.number}"
            if field.group is not None:
                value = "None"
            elif field.proto_type == TYPE_MESSAGE and field.presence is Presence.EXPLICIT:
                value = f"None if {value} is None else {self._decoded(field)}"
            with source.field(field.name):
                source.add(f"message.{field.name} = {value}")
        for index in self.oneofs.values():
            with source.block(f"if case{index}:"):
                with source.block(f"if case{index} in DECODERS:"):
                    source.add(
                        f"kept{index} = decode_parts(data, kept{index}, later, case{index},"
                        f" DECODERS[case{index}], depth - 1)"
                    )
                source.add(f"setattr(message, NAMES[case{index}], kept{index})")
        source.add(
            "message._unknown_fields = b'' if unknown is None else b''.join(unknown)",
            "return message",
        )

    @staticmethod
    def _decoded(field: Field) -> str:
        number = field.number
        return (
            f"decode_{number}(data, f{number}[0], f{number}[1], depth - 1) if later is None else"
            f" decode_parts(data, f{number}, later, {number}, decode_{number}, depth - 1)"
        )
