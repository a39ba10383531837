"""Plain JSON data to the bytes of a ``google.protobuf.Struct`` and back, without Value objects.

The decoder reads only what encoders usually write and gives up (``None``) on anything else, be
it unusual or wrong; the compiled decoder of the Struct class then says what it is.
"""

# ruff: noqa: PLR2004
# The numbers of the wire format are its vocabulary: tags, and the high bit of a varint's byte.
from __future__ import annotations

from collections.abc import Mapping
from struct import Struct as Packer
from typing import Any, Final

from ._scalars import encode_double
from ._wire import SHORT_VARINTS, encode_varint, read_short_varint, tag_and_short_varint

_pack_double = Packer("<d").pack
_unpack_double = Packer("<d").unpack_from

_ENTRY: Final = tag_and_short_varint(b"\x0a")  # Struct.fields, ListValue.values
_VALUE: Final = tag_and_short_varint(b"\x12")  # the value of an entry
_NULL_VALUE: Final = b"\x08\x00"
_TRUE_VALUE: Final = b"\x20\x01"
_FALSE_VALUE: Final = b"\x20\x00"
_CONSTANTS: Final = {None: _NULL_VALUE, True: _TRUE_VALUE, False: _FALSE_VALUE}
_NUMBER: Final = b"\x11"
_NULL_ENTRY: Final = b"\x12\x02" + _NULL_VALUE
_TRUE_ENTRY: Final = b"\x12\x02" + _TRUE_VALUE
_FALSE_ENTRY: Final = b"\x12\x02" + _FALSE_VALUE
_NUMBER_ENTRY: Final = b"\x12\x09" + _NUMBER
_STRING_ITEM: Final = tuple(
    b"\x0a" + SHORT_VARINTS[length + 2] + b"\x1a" + SHORT_VARINTS[length] for length in range(126)
)

_SAFE_INTEGER: Final = 2.0**53


_CACHED_KEYS: Final = 1024
_CACHED_KEY_LENGTH: Final = 64


class _Key:
    """The key of an entry, and the bytes of an entry that depend on nothing else but its value.

    ``before_text`` gives, by its length in bytes, what stands before a text, and ``before_value``
    what stands before an encoded Value.
    """

    __slots__ = ("before_number", "before_text", "before_value", "false", "head", "null", "true")

    def __init__(self, key: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(f"a key of a JSON object is a str, not {type(key).__name__}")
        text = key.encode()
        self.head = b"\x0a" + encode_varint(len(text)) + text
        self.null = self.entry(_NULL_ENTRY)
        self.true = self.entry(_TRUE_ENTRY)
        self.false = self.entry(_FALSE_ENTRY)
        self.before_number = self.entry(_NUMBER_ENTRY, 8)
        self.before_text: dict[int, bytes] = {}
        self.before_value: dict[int, bytes] = {}

    def entry(self, value: bytes, more: int = 0) -> bytes:
        """Give an entry of a value, ``more`` bytes of which follow."""
        return b"\x0a" + encode_varint(len(self.head) + len(value) + more) + self.head + value

    def text(self, length: int) -> bytes:
        """Make what stands before a text of so many bytes, and keep it when the text is short."""
        value = b"\x1a" + encode_varint(length)
        made = self.entry(b"\x12" + encode_varint(len(value) + length) + value, length)
        if length < _SHORT:
            self.before_text[length] = made
        return made

    def value(self, length: int) -> bytes:
        """Make what stands before a Value of so many bytes, and keep it when the Value is short."""
        made = self.entry(b"\x12" + encode_varint(length), length)
        if length < _SHORT:
            self.before_value[length] = made
        return made


_SHORT: Final = 64
_SEQUENCE: Final = (list, tuple)  # `list | tuple` would make a union each time
_keys: dict[str, _Key] = {}


def _read_key(key: Any) -> _Key:
    """Prepare a key; the keys of JSON objects repeat, so short ones are kept."""
    made = _Key(key)
    if len(made.head) <= _CACHED_KEY_LENGTH and type(key) is str:
        if len(_keys) >= _CACHED_KEYS:
            _keys.clear()
        _keys[key] = made
    return made


def encode_plain(plain: Mapping[str, Any], depth: int) -> bytes:
    """Encode a JSON object as a Struct message; ``depth`` is how many levels may follow.

    Raises:
        TypeError: A value is none of JSON's.
        ValueError: It is nested too deeply, or a text has lone surrogates.
        OverflowError: An integer is too large for a double.

    """
    if not plain:
        return b""
    if depth < 2:  # the entry and its Value
        raise ValueError("nested too deeply")
    chunks: list[bytes] = []
    for name, value in plain.items():
        key = _keys.get(name) or _read_key(name)
        kind = type(value)
        if kind is str:
            text = value.encode()
            length = len(text)
            chunks += (key.before_text.get(length) or key.text(length), text)
        elif kind is bool:
            chunks.append(key.true if value else key.false)
        elif kind is float or kind is int:
            chunks.append(key.before_number + _pack_double(value))
        elif value is None:
            chunks.append(key.null)
        else:
            encoded = (_encode_list if kind is list else _encode_value)(value, depth - 2)
            length = len(encoded)
            chunks += (key.before_value.get(length) or key.value(length), encoded)
    return b"".join(chunks)


def _encode_value(value: Any, depth: int) -> bytes:
    """Encode a Value message of any kind."""
    if isinstance(value, _SEQUENCE):
        return _encode_list(value, depth)
    if value is None or isinstance(value, bool):
        return _CONSTANTS[value]
    if isinstance(value, str):
        text = value.encode()
        return b"\x1a" + encode_varint(len(text)) + text
    if isinstance(value, int | float):
        return _NUMBER + encode_double(value)
    if type(value) is dict or isinstance(value, Mapping):
        return _encode_object(value, depth)
    raise TypeError(f"JSON has no {type(value).__name__}")


def _encode_object(value: Mapping[str, Any], depth: int) -> bytes:
    if depth < 1:
        raise ValueError("nested too deeply")
    encoded = encode_plain(value, depth - 1)
    return b"\x2a" + encode_varint(len(encoded)) + encoded


def _encode_list(values: list[Any] | tuple[Any, ...], depth: int) -> bytes:
    if depth < (2 if values else 1):
        raise ValueError("nested too deeply")
    chunks: list[bytes] = []
    for value in values:
        if type(value) is str:
            text = value.encode()
            length = len(text)
            if length < 126:  # one-byte lengths
                chunks += (_STRING_ITEM[length], text)
                continue
        encoded = _encode_value(value, depth - 2)
        size = len(encoded)
        chunks += (
            _ENTRY[size] if size < 128 else b"\x0a" + encode_varint(size),
            encoded,
        )
    encoded = b"".join(chunks)
    return b"\x32" + encode_varint(len(encoded)) + encoded


def plain_number(number: float) -> float:
    """Give a double back as JSON wrote it: 3 for 3.0, while an ``int`` says exactly the same.

    -0.0 stays a float, since an ``int`` has no negative zero, and so do numbers from 2**53 up,
    where neighbouring integers share a double.
    """
    if number.is_integer() and -_SAFE_INTEGER < number < _SAFE_INTEGER:
        whole = int(number)
        if whole or str(number) == "0.0":
            return whole
    return number


class UnusualError(Exception):
    """The bytes are not what an encoder usually writes."""


def decode_plain(data: bytes, position: int, end: int, depth: int) -> dict[str, Any] | None:
    """Decode the Struct in ``data[position:end]``, or give ``None`` if it is unusual or wrong."""
    try:
        return _decode_object(data, position, end, depth)
    except (UnusualError, IndexError, ValueError):
        return None


def _length(data: bytes, position: int, tag: int, end: int) -> tuple[int, int]:
    """Read an expected tag and a length; return where the value begins and ends."""
    if data[position] != tag:
        raise UnusualError
    stop = data[position + 1]
    position += 2
    if stop > 0x7F:
        stop, position = read_short_varint(data, position, stop)
    stop += position
    if stop > end:
        raise UnusualError
    return position, stop


def _decode_object(data: bytes, position: int, end: int, depth: int) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    if depth < 0 or (position < end and depth < 2):  # the entry and its Value
        raise UnusualError
    while position < end:
        position, stop = _length(data, position, 0x0A, end)
        # What follows is `_length` again, in place for the sake of speed. No end needs checking
        # but the last: the value must end where the entry does.
        if data[position] != 0x0A:  # the key
            raise UnusualError
        key_end = data[position + 1]
        position += 2
        if key_end > 0x7F:
            key_end, position = read_short_varint(data, position, key_end)
        key_end += position
        key = data[position:key_end].decode()
        if data[key_end] != 0x12:  # the value
            raise UnusualError
        size = data[key_end + 1]
        position = key_end + 2
        if size > 0x7F:
            size, position = read_short_varint(data, position, size)
        if position + size != stop or not size:
            raise UnusualError
        if data[position] == 0x1A and data[position + 1] == size - 2:  # a short string_value
            plain[key] = data[position + 2 : stop].decode()
        else:
            plain[key] = _decode_value(data, position, stop, depth - 2)
        position = stop
    return plain


def _decode_value(  # noqa: C901 (one branch for each kind)
    data: bytes, position: int, end: int, depth: int
) -> Any:
    if position >= end:
        raise UnusualError
    kind = data[position]
    if kind == 0x1A:  # string_value
        position, value_end = _length(data, position, kind, end)
        if value_end == end:
            return data[position:end].decode()
    elif kind == 0x11:  # number_value
        if position + 9 == end:
            return plain_number(_unpack_double(data, position + 1)[0])
    elif kind == 0x20:  # bool_value
        if position + 2 == end and data[position + 1] < 2:  # false, true
            return data[position + 1] == 1
    elif kind == 0x08:  # null_value
        if position + 2 == end and not data[position + 1]:
            return None
    elif depth > 0 and kind in {0x2A, 0x32}:  # struct_value, list_value
        position, value_end = _length(data, position, kind, end)
        if value_end == end:
            if kind == 0x2A:  # struct_value
                return _decode_object(data, position, end, depth - 1)
            return _decode_list(data, position, end, depth - 1)
    raise UnusualError


def _decode_list(data: bytes, position: int, end: int, depth: int) -> list[Any]:
    values: list[Any] = []
    if depth < 0 or (position < end and depth < 1):
        raise UnusualError
    while position < end:
        position, value_end = _length(data, position, 0x0A, end)
        values.append(_decode_value(data, position, value_end, depth - 1))
        position = value_end
    return values
