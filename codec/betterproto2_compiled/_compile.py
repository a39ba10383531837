"""Compile the codec of a message class and of all classes it can contain, once, at first use."""

from __future__ import annotations

from collections.abc import Callable, Collection
from threading import Lock
from typing import Any, ParamSpec, TypeVar, cast

import betterproto2
from betterproto2 import TYPE_MESSAGE

from ._builder_source import write_builder
from ._decoder_source import write_decoder
from ._encoder_source import write_encoder
from ._errors import DecodeError
from ._fields import Field, is_well_known, read_fields
from ._plain_struct import PlainStruct, make_plain_struct_class
from ._struct_codec import plain_struct_decoder, plain_struct_encoder
from ._time import TIME_DECODERS, TIME_ENCODERS
from ._wire import MAX_DEPTH, Encoded

Encoder = Callable[[Any, int], Any]
Decoder = Callable[[bytes, int, int, int], Any]
MessageT = TypeVar("MessageT", bound=betterproto2.Message)
P = ParamSpec("P")


_encoders: dict[type[Any], Encoder] = {}
_decoders: dict[type[Any], Decoder] = {}
_compiling = Lock()


def encode(message: betterproto2.Message | Encoded) -> Encoded:
    """Encode a message as ``bytes(message)`` does, with a codec compiled for its class.

    Raises:
        EncodeError: A field has a value that it cannot carry, or nesting is too deep to decode.

    """
    encoder = _encoders.get(type(message))
    if encoder is None:
        encoder = _encoder_of(type(message))
    encoded: Encoded = encoder(message, MAX_DEPTH)
    return encoded


def decode(cls: type[MessageT], data: bytes) -> MessageT:
    """Decode a message of a class; fields of ``google.protobuf.Struct`` become `PlainStruct`.

    Raises:
        DecodeError: The bytes are no such message. Nothing else is raised, whatever the bytes.

    """
    decoder = _decoders.get(cls)
    if decoder is None:
        decoder = _decoder_of(cls)
    if type(data) is not bytes:
        data = bytes(data)
    message: MessageT = decoder(data, 0, len(data), MAX_DEPTH)
    return message


def builder(
    cls: Callable[P, MessageT], *, only: Collection[str] | None = None
) -> Callable[P, MessageT]:
    """Give the function that takes what a message class takes and returns the message encoded.

    Its arguments are keywords; what is not given is absent. No message is made: what comes back is
    `Encoded`, and only for type checkers a message, so that it can stand in a field. Each field
    costs a little, given or not: a builder of ``only`` some fields takes no others.

    Raises:
        TypeError: The class is left to betterproto2 or has not all of ``only``, or the name of a
            field begins with ``_``.

    """
    message_class = cast("type[betterproto2.Message]", cls)
    encoder = _encoders.get(message_class) or _encoder_of(message_class)
    if _has_own_codec(message_class) or issubclass(message_class, PlainStruct):
        raise TypeError(f"{message_class.__name__} has a codec of its own")
    fields = read_fields(message_class)
    if only is not None:
        unknown = set(only) - {field.name for field in fields}
        if unknown:
            raise TypeError(f"{message_class.__name__} has no {', '.join(sorted(unknown))}")
        fields = [field for field in fields if field.name in only]
    source = write_builder(message_class, fields, dict(cast("Any", encoder).__globals__))
    title = f"build {message_class.__module__}.{message_class.__qualname__}"
    return source.compile("build", title)


def _encoder_of(cls: type[Any]) -> Encoder:
    _compile(cls)
    return _encoders[cls]


def _decoder_of(cls: type[Any]) -> Decoder:
    _compile(cls)
    return _decoders[cls]


def _compile(cls: type[Any]) -> None:
    if not issubclass(cls, betterproto2.Message | bytes):
        raise TypeError(f"expected a message, not {cls.__name__}")
    with _compiling:
        compiler = _Compiler()
        compiler.compile(cls)
        # Only now, when every function knows the others, may other threads see them.
        _encoders.update(compiler.encoders)
        _decoders.update(compiler.decoders)


def _encode_other(value: Any, cls: type[Any], depth: int) -> Any:
    """Encode a field's value whose class is not exactly the declared one."""
    if isinstance(value, bytes):
        return value
    if not isinstance(value, cls):
        raise TypeError(f"expected {cls.__name__}, not {type(value).__name__}")
    encoder = _encoders.get(type(value))
    if encoder is None:
        encoder = _encoder_of(type(value))
    return encoder(value, depth)


class _Compiler:
    """Compiles a class and, from one to the next, every class not compiled yet."""

    def __init__(self) -> None:
        self.encoders: dict[type[Any], Encoder] = {}
        self.decoders: dict[type[Any], Decoder] = {}
        self._waiting: list[type[Any]] = []
        self._links: list[tuple[Field, int, dict[str, Any], dict[str, Any]]] = []

    def compile(self, cls: type[Any]) -> None:
        """Compile the class and what it refers to, then make them known to each other."""
        self._waiting.append(cls)
        while self._waiting:
            waiting = self._waiting.pop()
            if waiting not in _encoders and waiting not in self.encoders:
                self._compile_one(waiting)
        for link in self._links:
            self._link(*link)

    def _compile_one(self, cls: type[Any]) -> None:
        if issubclass(cls, bytes):
            self.encoders[cls] = _encode_encoded
        elif issubclass(cls, PlainStruct):
            self._compile_struct(vars(cls)["_struct_class"])
        elif is_well_known(cls, "Struct"):
            self._compile_struct(cls)
        elif _has_own_codec(cls):
            self.encoders[cls] = _encode_with_betterproto
            self.decoders[cls] = _decoder_with_betterproto(cls)
        else:
            self._compile_message(cls)

    def _compile_message(self, cls: type[Any]) -> None:
        title = f"{cls.__module__}.{cls.__qualname__}"
        fields = read_fields(cls)
        encoder = write_encoder(cls, fields)
        decoder = write_decoder(cls, fields)
        self.encoders[cls] = encoder.compile("encode", f"encode {title}")
        self.decoders[cls] = decoder.compile("decode", f"decode {title}")
        encoder.names["_encode_other"] = _encode_other
        for field in fields:
            if field.proto_type == TYPE_MESSAGE:
                self._wait_for(field, field.number, encoder.names, decoder.names)
            elif field.key is not None and field.value is not None:
                entry = write_decoder(cls, [field.key, field.value], field.name)
                decoder.names[f"decode_{field.number}"] = entry.compile(
                    "decode", f"decode {title}.{field.name}"
                )
                if field.value.proto_type == TYPE_MESSAGE:
                    self._wait_for(field.value, field.number, encoder.names, entry.names)

    def _compile_struct(self, struct_class: type[Any]) -> None:
        self._compile_message(struct_class)
        plain_class: type[Any] = make_plain_struct_class(struct_class)
        self.encoders[plain_class] = plain_struct_encoder(self.encoders[struct_class])
        decoder = plain_struct_decoder(plain_class, self.decoders[struct_class])
        self.decoders[plain_class] = self.decoders[struct_class] = decoder

    def _wait_for(
        self, field: Field, number: int, encoder: dict[str, Any], decoder: dict[str, Any]
    ) -> None:
        """Link a field's class when it is compiled; ``number`` is what the encoder calls it."""
        self._links.append((field, number, encoder, decoder))
        if field.time is None:
            self._waiting.append(field.message_cls)

    def _link(
        self, field: Field, number: int, encoder: dict[str, Any], decoder: dict[str, Any]
    ) -> None:
        cls = field.message_cls
        if field.time is not None:
            encode_message: Callable[..., bytes] = TIME_ENCODERS[field.time]
            decode_message: Decoder = TIME_DECODERS[field.time]
        else:
            encode_message = self.encoders.get(cls) or _encoders[cls]
            decode_message = self.decoders.get(cls) or _decoders[cls]
            if field.wrapped:
                encode_message = _wrapping(cls, encode_message)
                decode_message = _unwrapping(decode_message)
        encoder[f"_encode_{number}"] = encode_message
        decoder[f"decode_{field.number}"] = decode_message
        if field.group is not None:
            decoder["DECODERS"][field.number] = decode_message
        if is_well_known(cls, "Struct"):
            plain_class = make_plain_struct_class(cls)
            encoder[f"_P{number}"] = plain_class
            encoder[f"_encode_plain_{number}"] = (
                self.encoders.get(plain_class) or _encoders[plain_class]
            )


def _encode_encoded(message: bytes, _depth: int) -> bytes:
    return message


def _has_own_codec(cls: type[betterproto2.Message]) -> bool:
    """Tell whether only betterproto2 itself can treat a class as its author meant it."""
    message = betterproto2.Message
    return (
        hasattr(cls, "__pydantic_validator__")
        or cls.__bytes__ is not message.__bytes__
        or cls.load is not message.load
        or cls.parse.__func__ is not message.parse.__func__  # type: ignore[attr-defined]
    )


def _encode_with_betterproto(message: betterproto2.Message, _depth: int) -> bytes:
    return bytes(message)


def _decoder_with_betterproto(cls: type[betterproto2.Message]) -> Decoder:
    def decode_with_betterproto(data: bytes, position: int, end: int, _depth: int) -> Any:
        try:
            return cls.parse(data[position:end])
        except Exception as error:
            raise DecodeError(f"{cls.__name__}: {error}") from error

    return decode_with_betterproto


def _wrapping(cls: Any, encoder: Encoder) -> Encoder:
    """Encode what betterproto2 shows unwrapped, such as the ``int`` of an ``Int64Value``."""

    def encode_wrapped(value: Any, depth: int) -> Any:
        return encoder(cls.from_wrapped(value), depth)

    return encode_wrapped


def _unwrapping(decoder: Decoder) -> Decoder:
    def decode_wrapped(data: bytes, position: int, end: int, depth: int) -> Any:
        return decoder(data, position, end, depth).to_wrapped()

    return decode_wrapped
