"""Write the source of a message class's decoder: one pass over the bytes in field order.

The generated function is ``decode(data, position, end, depth) -> message``. Encoders write fields
in the order of their numbers, so the code tries the tags in this order, each once, and reads the
next tag where one has matched; a tag that comes out of order costs one more round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from betterproto2 import (
    TYPE_BOOL,
    TYPE_BYTES,
    TYPE_DOUBLE,
    TYPE_ENUM,
    TYPE_FLOAT,
    TYPE_MAP,
    TYPE_MESSAGE,
    TYPE_STRING,
)

from ._decoder_runtime import decode_parts, join_later, wrong_bytes
from ._errors import DecodeError, WireError
from ._fields import Field, Presence
from ._scalar_source import packed_expression, write_length, write_scalar
from ._scalars import read_packed_fixed, read_packed_varints, wire_type_of
from ._source import Source
from ._wire import LENGTH, MAX_DEPTH, read_short_varint, read_varint, skip_value

if TYPE_CHECKING:
    import betterproto2

_NOT_PACKED = frozenset({TYPE_STRING, TYPE_BYTES, TYPE_MESSAGE, TYPE_MAP})
_DEFAULTS = {
    TYPE_BOOL: "False",
    TYPE_BYTES: "b''",
    TYPE_DOUBLE: "0.0",
    TYPE_FLOAT: "0.0",
    TYPE_STRING: "''",
}


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
            source.add("raise wrong_bytes(CLS, _field_of_line, position, error) from error")

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
                write_length(source)
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
                write_length(source)
                source.add(
                    f"f{number}.append(decode_{number}(data, position, stop, depth - 1))",
                    "position = stop",
                )
            else:
                write_scalar(source, field)
                source.add(f"f{number}.append(value)")
            with source.block("if position >= end:"):
                source.add("tag = -1", "break")
            self._next_tag()
        source.add("if tag < 0: break")
        if field.proto_type in _NOT_PACKED:
            return [tag]
        packed = number << 3 | LENGTH
        with source.block(f"if tag == {packed}:"):
            write_length(source)
            source.add(f"f{number} += {packed_expression(source, field)}", "position = stop")
            self._more()
        return [tag, packed]

    def _single(self, field: Field) -> None:
        source = self.source
        number = field.number
        is_message = field.proto_type == TYPE_MESSAGE
        if is_message:
            write_length(source)
        else:
            write_scalar(source, field)
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
