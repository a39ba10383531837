"""What `encode` sends, refuses, and lets pass as it is."""

from __future__ import annotations

import pickle
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, cast

import betterproto2
import pytest
from google.protobuf import duration_pb2, timestamp_pb2
from hypothesis import given
from hypothesis import strategies as st

import betterproto2_compiled._compile as compiling
from betterproto2_compiled import DecodeError, EncodeError, decode, encode

if TYPE_CHECKING:
    from codec_oracle import Pair


def one(pairs: dict[str, Pair], name: str) -> Pair:
    return pairs[f"codec.test.{name}"]


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("Scalars", {"a_string": 5}, "Scalars.a_string: expected str, not int"),
        ("Scalars", {"a_string": None}, "Scalars.a_string: expected str, not NoneType"),
        ("Scalars", {"a_string": b"a"}, "Scalars.a_string: expected str, not bytes"),
        ("Scalars", {"a_string": "\ud800"}, "Scalars.a_string: text with lone surrogates"),
        ("Scalars", {"some_bytes": "a"}, "Scalars.some_bytes: expected bytes, not str"),
        ("Scalars", {"some_bytes": None}, "Scalars.some_bytes: expected bytes, not NoneType"),
        ("Scalars", {"an_int32": True}, "Scalars.an_int32: expected int, not bool"),
        ("Scalars", {"an_int32": False}, "Scalars.an_int32: expected int, not bool"),
        ("Scalars", {"an_int32": None}, "Scalars.an_int32: expected int, not NoneType"),
        ("Scalars", {"an_int32": 2**31}, "Scalars.an_int32: out of range for int32"),
        ("Scalars", {"an_int32": -(2**31) - 1}, "Scalars.an_int32: out of range for int32"),
        ("Scalars", {"an_int32": 1.0}, "Scalars.an_int32: "),
        ("Scalars", {"an_int32": "1"}, "Scalars.an_int32: "),
        ("Scalars", {"an_int64": 2**63}, "Scalars.an_int64: out of range for int64"),
        ("Scalars", {"a_uint32": -1}, "Scalars.a_uint32: out of range for uint32"),
        ("Scalars", {"a_uint64": 2**64}, "Scalars.a_uint64: out of range for uint64"),
        ("Scalars", {"a_sint32": 2**31}, "Scalars.a_sint32: out of range for sint32"),
        ("Scalars", {"a_sint64": False}, "Scalars.a_sint64: expected int, not bool"),
        ("Scalars", {"a_fixed32": 2**32}, "Scalars.a_fixed32: out of range for fixed32"),
        ("Scalars", {"colour": 2**31}, "Scalars.colour: out of range for enum"),
        ("Scalars", {"colour": None}, "Scalars.colour: expected int, not NoneType"),
        ("Scalars", {"a_bool": 1}, "Scalars.a_bool: expected bool, not int"),
        ("Scalars", {"a_bool": 0}, "Scalars.a_bool: expected bool, not int"),
        ("Scalars", {"a_bool": None}, "Scalars.a_bool: expected bool, not NoneType"),
        ("Scalars", {"a_double": "1"}, "Scalars.a_double: expected float, not str"),
        ("Scalars", {"a_double": True}, "Scalars.a_double: expected float, not bool"),
        ("Scalars", {"a_double": None}, "Scalars.a_double: "),
        ("Scalars", {"a_float": 1e300}, "Scalars.a_float: "),
        ("Optionals", {"an_int32": False}, "Optionals.an_int32: expected int, not bool"),
        ("Optionals", {"a_bool": 0}, "Optionals.a_bool: expected bool, not int"),
        ("Optionals", {"scalars": 5}, "Optionals.scalars: expected Scalars, not int"),
        ("Repeateds", {"strings": ["a", None]}, "Repeateds.strings: expected str, not NoneType"),
        ("Repeateds", {"strings": None}, "Repeateds.strings: "),
        ("Repeateds", {"int32s": None}, "Repeateds.int32s: "),
        ("Repeateds", {"int32s": [True]}, "Repeateds.int32s: expected int, not bool"),
        ("Repeateds", {"trees": ["a"]}, "Repeateds.trees: expected Tree, not str"),
        ("Maps", {"strings": {"a": 1}}, "Maps.strings: expected str, not int"),
        ("Maps", {"strings": None}, "Maps.strings: expected dict, not NoneType"),
        ("Maps", {"integers": {"a": 1}}, "Maps.integers: expected int, not str"),
        ("Maps", {"trees": {"a": None}}, "Maps.trees: expected Tree, not NoneType"),
        ("WellKnown", {"time": datetime(2026, 1, 1)}, "WellKnown.time: .* offset-naive"),  # noqa: DTZ001 (the wrong value)("WellKnown", {"time": "2026"}, "WellKnown.time: "),
        ("WellKnown", {"duration": 5}, "WellKnown.duration: "),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_class_and_field(
    all_types: dict[str, Pair], name: str, values: dict[str, Any], text: str
) -> None:
    with pytest.raises(EncodeError, match=text):
        encode(one(all_types, name).ours(**values))


def test_an_error_in_a_nested_message_names_the_inner_field(all_types: dict[str, Pair]) -> None:
    cls: Any = one(all_types, "Tree").ours
    with pytest.raises(EncodeError, match=r"^Tree.label: expected str, not int$"):
        encode(cls(children=[cls(named={"a": cls(label=3)})]))


def test_only_messages_are_encoded_and_decoded() -> None:
    with pytest.raises(TypeError, match="expected a message, not str"):
        encode(cast("Any", "text"))
    with pytest.raises(TypeError, match="expected a message, not int"):
        decode(cast("Any", int), b"")


def test_negative_zero_is_no_default_value(all_types: dict[str, Pair]) -> None:
    pair = one(all_types, "Scalars")
    expected = pair.google(a_double=-0.0, a_float=-0.0).SerializeToString()
    assert expected
    assert encode(cast("Any", pair.ours)(a_double=-0.0, a_float=-0.0)) == expected


def test_nan_and_infinities_are_numbers(all_types: dict[str, Pair]) -> None:
    pair = one(all_types, "Repeateds")
    numbers = [float("nan"), float("inf"), -float("inf"), -0.0]
    expected = pair.google(doubles=numbers, floats=numbers).SerializeToString()
    assert encode(cast("Any", pair.ours)(doubles=numbers, floats=numbers)) == expected


def test_an_int_may_stand_for_a_float(all_types: dict[str, Pair]) -> None:
    pair = one(all_types, "Scalars")
    expected = pair.google(a_double=3, a_float=-4).SerializeToString()
    assert encode(cast("Any", pair.ours)(a_double=3, a_float=-4)) == expected


def test_unknown_enum_values_are_sent(all_types: dict[str, Pair]) -> None:
    pair = one(all_types, "Scalars")
    for value in (1, 77, -1, -(2**31)):
        expected = pair.google(colour=value).SerializeToString()
        assert encode(cast("Any", pair.ours)(colour=value)) == expected
        decoded: Any = decode(pair.ours, expected)
        assert decoded.colour == value
        assert isinstance(decoded.colour, betterproto2.Enum)


def test_of_two_members_of_a_oneof_the_later_number_wins(all_types: dict[str, Pair]) -> None:
    pair = one(all_types, "Choice")
    message = cast("Any", pair.ours)(a_string="x", an_int64=5)
    wire = encode(message)
    assert wire == bytes(message)
    assert pair.google.FromString(wire).WhichOneof("kind") == "a_string"
    decoded: Any = decode(pair.ours, wire)
    assert betterproto2.which_one_of(decoded, "kind") == ("a_string", "x")


def test_an_empty_message_is_present(all_types: dict[str, Pair]) -> None:
    pair = one(all_types, "Optionals")
    message = cast("Any", pair.ours)(scalars=cast("Any", one(all_types, "Scalars").ours)())
    assert encode(message) == b"\xfa\x7f\x00"


MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7, minutes=-30))]))


@given(moment=MOMENTS | st.sampled_from([datetime(1970, 1, 1, tzinfo=UTC)]))
def test_moments_are_exact(all_types: dict[str, Pair], moment: datetime) -> None:
    cls: Any = one(all_types, "WellKnown").ours
    expected = timestamp_pb2.Timestamp()
    expected.FromDatetime(moment)
    payload = expected.SerializeToString()
    wire = encode(cls(time=moment))
    assert wire == b"\x0a" + bytes((len(payload),)) + payload
    assert wire == bytes(cls(time=moment))
    assert cast("Any", decode(cls, wire)).time == moment


@given(span=st.timedeltas() | st.timedeltas(-timedelta(seconds=2), timedelta(seconds=2)))
def test_spans_are_exact_and_of_one_sign(all_types: dict[str, Pair], span: timedelta) -> None:
    cls: Any = one(all_types, "WellKnown").ours
    expected = duration_pb2.Duration()
    expected.FromTimedelta(span)
    payload = expected.SerializeToString()
    wire = encode(cls(duration=span))
    assert wire == b"\x12" + bytes((len(payload),)) + payload
    assert cast("Any", decode(cls, wire)).duration == span


def test_encoded_bytes_stand_for_a_message(all_types: dict[str, Pair]) -> None:
    cls: Any = one(all_types, "Tree").ours
    inner = cls(label="in")
    encoded = encode(inner)
    assert encode(encoded) == encoded
    message = cls(left=inner, children=[inner, inner], named={"a": inner})
    with_encoded = cls(left=encoded, children=[encoded, inner], named={"a": encoded})
    assert encode(with_encoded) == encode(message) == bytes(with_encoded)


def test_unknown_fields_travel_through(contract: dict[str, Pair]) -> None:
    cls = contract["chat3.user.v1.StatusCount"].ours
    wire = b"\x08\x02" + b"\xb8\x3e\x07" + b"\xc2\x3e\x02hi"
    decoded = decode(cls, wire)
    assert encode(decoded) == wire == bytes(decoded)


def test_a_subclass_of_a_message_is_encoded_like_it(all_types: dict[str, Pair]) -> None:
    tree: Any = one(all_types, "Tree").ours

    class Oak(tree):  # type: ignore[misc]
        pass

    assert encode(tree(left=Oak(label="a"))) == encode(tree(left=tree(label="a")))
    assert type(decode(Oak, b"")) is Oak


def test_a_class_with_its_own_codec_keeps_it(all_types: dict[str, Pair]) -> None:
    tree: Any = one(all_types, "Tree").ours

    class Special(tree):  # type: ignore[misc]
        def __bytes__(self) -> bytes:
            return b"\x1a\x01s"

        @classmethod
        def parse(cls, data: bytes) -> Any:
            if data == b"bad":
                raise KeyError(data)
            return cls(label="parsed")

    assert encode(tree(left=Special())) == b"\x0a\x03\x1a\x01s"
    assert decode(Special, b"").label == "parsed"
    with pytest.raises(DecodeError, match="Special"):
        decode(Special, b"bad")


def test_nesting_that_no_decoder_accepts_is_not_sent(all_types: dict[str, Pair]) -> None:
    cls: Any = one(all_types, "Tree").ours
    tree = cls()
    for _ in range(100):
        tree = cls(left=tree)
    wire = encode(tree)
    assert encode(decode(cls, wire)) == wire
    with pytest.raises(EncodeError, match="nested too deeply"):
        encode(cls(left=tree))


def test_codecs_are_compiled_once_whoever_comes_first(
    all_types: dict[str, Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiling, "_encoders", {})
    monkeypatch.setattr(compiling, "_decoders", {})
    cls: Any = one(all_types, "WellKnown").ours
    barrier = threading.Barrier(8)
    results: list[bytes] = []

    def work() -> None:
        barrier.wait(5)
        results.append(encode(decode(cls, encode(cls(time=datetime(2026, 1, 1, tzinfo=UTC))))))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(results) == 8
    assert len(set(results)) == 1
    assert len({id(encoder) for encoder in compiling._encoders.values()}) == len(
        compiling._encoders
    )


def test_decoded_messages_are_ordinary_messages(all_types: dict[str, Pair]) -> None:
    cls: Any = one(all_types, "Tree").ours
    decoded: Any = decode(cls, encode(cls(left=cls(label="a"))))
    assert decoded == cls(left=cls(label="a"))
    assert vars(decoded).keys() == vars(cls()).keys()
    decoded.children.append(cls())
    assert not decode(cls, b"").children
    assert bytes(pickle.loads(pickle.dumps(decoded))) == bytes(decoded)  # noqa: S301 (our own bytes)
