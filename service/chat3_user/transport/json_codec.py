"""Calls in JSON: requests become protobuf, answers become JSON, by google protobuf's mapping.

What stands above knows protobuf alone. The shapes of messages come from the descriptors that the
process has loaded.
"""

import json
from typing import Any, Final

import msgspec
from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import EncodeError, Message

from chat3_user.errors import CallError, FieldViolation, invalid_fields
from chat3_user.transport.json_output import Convert, Printers

_SHOWN: Final = 200
"""Characters of what is wrong that an answer repeats."""

_DEPTH: Final = 100
"""Messages within messages; protobuf's own limit."""


class JsonCodec:
    """The two messages of one method."""

    __slots__ = ("_answer", "_convert", "_request")

    def __init__(self, request: type[Message], answer: type[Message], convert: Convert) -> None:
        self._request = request
        self._answer = answer
        self._convert = convert

    def request(self, data: bytes) -> bytes:
        """Return a request in protobuf; fields that it does not have are ignored.

        Raises `CallError` for what is not JSON, or not this message.
        """
        message = self._request()
        try:
            found = json.loads(data.decode(), object_pairs_hook=_once)
            if not isinstance(found, dict):
                raise _not_json("an object")
            json_format.ParseDict(
                found, message, ignore_unknown_fields=True, max_recursion_depth=_DEPTH
            )
            return message.SerializeToString()
        except (
            json_format.Error,
            EncodeError,
            ValueError,
            TypeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise _not_json(str(error)) from error

    def answer(self, data: bytes) -> bytes:
        """Return an answer in JSON."""
        return msgspec.json.encode(self._convert(self._answer.FromString(data)))


class JsonCodecs:
    """The codecs of all methods, by path; made when first asked for."""

    def __init__(self) -> None:
        self._made: dict[str, JsonCodec] = {}
        self._printers = Printers()

    def of(self, path: str) -> JsonCodec:
        """Return the codec of the method at ``path``, which the process must serve."""
        codec = self._made.get(path)
        if codec is None:
            service, _, name = path[1:].rpartition("/")
            method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
            codec = self._made[path] = JsonCodec(
                message_factory.GetMessageClass(method.input_type),
                message_factory.GetMessageClass(method.output_type),
                self._printers.of(method.output_type),
            )
        return codec


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object; which of two values of one name is meant cannot be known."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _not_json(words: str) -> CallError:
    return invalid_fields([FieldViolation("", f"a message in JSON: {words}"[:_SHOWN])])
