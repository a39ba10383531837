"""A Struct that carries plain data: same bytes, same type, objects only on demand."""

from __future__ import annotations

import copy
import json
import math
import pickle
from collections import OrderedDict
from enum import IntEnum
from types import MappingProxyType
from typing import Any

import pytest
from codec_fuzz import delimited
from codec_oracle import JSON_OBJECT, _fill_value
from google.protobuf import struct_pb2
from hypothesis import given, settings

import betterproto2_compiled._plain_struct as plain_structs
import betterproto2_compiled._plain_wire as plain_wire
from betterproto2_compiled import (
    DecodeError,
    EncodeError,
    PlainStruct,
    decode,
    encode,
    plain,
    plain_struct_class,
)
from chat3_api.chat3.user.v1 import Topic
from chat3_api.google.protobuf import ListValue, Struct, Value

Plain = plain_struct_class(Struct)
SAMPLE: dict[str, Any] = {
    "text": "при" * 50,
    "n": 3,
    "x": 1.5,
    "yes": True,
    "no": False,
    "null": None,
    "list": [1, "a", None, [], {}, [[2.5]]],
    "object": {"deep": {"er": [True]}},
    "": "empty key",
}


def google_struct(data: dict[str, Any]) -> bytes:
    struct = struct_pb2.Struct()
    for key, value in data.items():
        _fill_value(lambda _: None, struct.fields[key], value)
    return struct.SerializeToString(deterministic=True)


def same(left: Any, right: Any) -> bool:
    """Equal as JSON: True is not 1, NaN is NaN."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def as_json_numbers(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: as_json_numbers(value) for key, value in data.items()}
    if isinstance(data, list):
        return [as_json_numbers(value) for value in data]
    if isinstance(data, int | float) and not isinstance(data, bool):
        data = float(data)
        whole = data.is_integer() and abs(data) < 2**53 and math.copysign(1, data or 1) != 0
        negative_zero = data == 0 and math.copysign(1, data) < 0
        return int(data) if whole and not negative_zero else data
    return data


@settings(max_examples=600)
@given(data=JSON_OBJECT)
def test_plain_data_travel_as_google_writes_them(data: dict[str, Any]) -> None:
    wire = google_struct(data)
    ordered = plain(Struct.parse(wire))  # google's order of keys is its own
    struct = Plain(ordered)
    assert encode(struct) == wire
    assert wire == bytes(copy.copy(struct))
    decoded = decode(Struct, wire)
    assert isinstance(decoded, PlainStruct)
    assert same(decoded.plain, as_json_numbers(data))
    assert same(ordered, as_json_numbers(data))
    assert encode(Plain(data)) == encode(Struct.from_dict(data))
    assert encode(decoded) == wire


def test_a_number_comes_back_as_json_wrote_it() -> None:
    data = {"three": 3, "half": 0.5, "zero": 0, "big": 2**53 - 1, "bigger": 2**53, "minus": -0.0}
    back = plain(decode(Struct, encode(Plain(data))))
    assert json.dumps(back) == (
        '{"three": 3, "half": 0.5, "zero": 0, "big": 9007199254740991,'
        ' "bigger": 9007199254740992.0, "minus": -0.0}'
    )


def test_it_stands_in_a_field_for_every_codec() -> None:
    topic = Topic(topic_id="t", meta=Plain(SAMPLE))
    assert isinstance(topic.meta, Struct)
    assert encode(topic) == encode(Topic(topic_id="t", meta=Struct.from_dict(SAMPLE)))
    assert encode(topic) == bytes(topic)
    assert encode(topic) == bytes(topic)  # also after betterproto2 has asked for fields
    back = decode(Topic, encode(topic))
    assert back.meta is not None
    assert same(plain(back.meta), SAMPLE)
    assert back == topic


def test_no_value_object_is_made_unless_fields_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(plain_structs, "_expand", None)
    wire = encode(Topic(meta=Plain(SAMPLE)))
    struct = decode(Topic, wire).meta
    assert isinstance(struct, PlainStruct)
    assert encode(Topic(meta=struct)) == wire
    assert "при" in repr(struct)
    with pytest.raises(TypeError):
        _ = struct.fields


def test_changed_fields_are_what_is_sent() -> None:
    struct = Plain({"a": 1})
    struct.fields["b"] = Value(string_value="x")
    assert same(plain(struct), {"a": 1, "b": "x"})
    assert plain(decode(Struct, encode(struct))) == {"a": 1, "b": "x"}
    struct.fields = {}
    assert encode(struct) == b""
    assert not struct


def test_the_value_may_be_any_mapping_and_sequence_of_json() -> None:
    class Level(IntEnum):
        HIGH = 3

    class Text(str):
        __slots__ = ()

    odd = Plain(
        MappingProxyType(
            {Text("k"): Text("v"), "t": (1, 2), "e": Level.HIGH, "o": OrderedDict(a=1)}
        )
    )
    usual = Plain({"k": "v", "t": [1, 2], "e": 3, "o": {"a": 1}})
    assert encode(odd) == encode(usual) == bytes(odd)
    assert odd == usual


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"a": {1, 2}}, "Topic.meta: JSON has no set"),
        ({"a": [b"x"]}, "Topic.meta: JSON has no bytes"),
        ({"a": {5: 1}}, "Topic.meta: a key of a JSON object is a str, not int"),
        ({"a": "\ud800"}, "Topic.meta: text with lone surrogates"),
        ({"\ud800": 1}, "Topic.meta: text with lone surrogates"),
        ({"a": 10**400}, "Topic.meta: a number out of range"),
    ],
)
def test_what_json_has_not_is_refused_by_class_and_field(data: dict[str, Any], text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        encode(Topic(meta=Plain(data)))


def test_a_cycle_is_refused() -> None:
    data: dict[str, Any] = {}
    data["self"] = data
    with pytest.raises(EncodeError, match="nested too deeply"):
        encode(Topic(meta=Plain(data)))


def test_what_plain_data_cannot_say_is_kept_all_the_same() -> None:
    for wire in (
        delimited(1, delimited(1, b"a") + delimited(2, b"")),  # a Value of no kind
        delimited(1, delimited(1, b"a") + delimited(2, b"\x08\x05")),  # another null
        delimited(1, delimited(1, b"a") + delimited(2, b"\x20\x01\x38\x01")),  # unknown in Value
        delimited(1, delimited(1, b"a") + delimited(2, b"\x20\x01")) + b"\x38\x01",
    ):
        decoded = decode(Struct, wire)
        assert isinstance(decoded, PlainStruct)
        assert encode(decoded) == wire == bytes(decoded)
        assert plain(decoded)["a"] in {None, True}


def test_wrong_bytes_in_a_struct_are_named() -> None:
    for wire in (
        delimited(1, delimited(1, b"\xff")),
        delimited(1, delimited(1, b"a") + delimited(2, b"\x1a\x05a")),
        b"\x0a\x05\x0a",
    ):
        with pytest.raises(DecodeError):
            decode(Topic, delimited(2, wire))


def test_copies_and_pickles_and_equality() -> None:
    struct = Plain(SAMPLE)
    for other in (
        copy.copy(struct),
        copy.deepcopy(struct),
        pickle.loads(pickle.dumps(struct)),  # noqa: S301 (our own bytes)
        Struct.from_dict(SAMPLE),
    ):
        assert struct == other
        assert other == struct
        assert encode(other) == encode(struct)
    assert struct != Plain({"n": 3})
    assert Plain({"a": 1}) != Plain({"a": True})
    assert struct != 5
    assert bool(struct)
    assert not Plain({})
    assert type(struct).from_dict({"a": 1}).plain == {"a": 1}  # type: ignore[attr-defined]


def test_one_class_for_each_struct_class() -> None:
    assert plain_struct_class(Struct) is Plain
    with pytest.raises(TypeError):
        type(Plain({}))({}, fields={})  # type: ignore[call-arg]


def test_lists_and_values_outside_a_struct_hold_plain_structs() -> None:
    value = decode(ListValue, encode(ListValue(values=[Value(struct_value=Plain({"a": 1}))])))
    inner = value.values[0].struct_value
    assert isinstance(inner, PlainStruct)
    assert inner.plain == {"a": 1}


def test_so_many_keys_do_not_stay_in_memory() -> None:
    for start in range(0, 20_000, 1000):
        encode(Plain({f"key {number}": 1 for number in range(start, start + 1000)}))
    assert len(plain_wire._keys) <= plain_wire._CACHED_KEYS
