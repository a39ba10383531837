"""A builder writes what the message would: the same bytes, the same refusals, no object."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, cast

import betterproto2
import pytest
from codec_oracle import JSON_OBJECT, Pair, deterministic, google_messages
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from betterproto2_compiled import (
    EncodeError,
    builder,
    decode,
    encode,
    encode_timestamp,
    encode_unix_time,
    plain,
)
from chat3_api.chat3.user.v1 import Message, StatusCount, Topic, UserInfo

thorough = settings(max_examples=800, suppress_health_check=list(HealthCheck))
NOW = datetime(2026, 11, 24, 15, 30, 0, 125, tzinfo=UTC)

pytestmark = pytest.mark.timeout(600)


@cache
def buildable(pair: Pair) -> bool:
    try:
        builder(pair.ours)
    except TypeError:
        return False
    return True


@thorough
@given(data=st.data())
def test_it_writes_what_the_message_writes(every: list[Pair], data: st.DataObject) -> None:
    pair = data.draw(st.sampled_from([pair for pair in every if buildable(pair)]))
    message: Any = decode(pair.ours, deterministic(data.draw(google_messages(pair.google))))
    values = {field.name: getattr(message, field.name) for field in dataclasses.fields(message)}
    assert builder(pair.ours)(**values) == encode(message)


def test_every_message_of_the_contract_has_one(contract: dict[str, Pair]) -> None:
    assert [name for name, pair in contract.items() if not buildable(pair)] == []


def test_what_is_not_given_is_absent(every: list[Pair]) -> None:
    for pair in every:
        if buildable(pair):
            assert bytes(cast("Any", builder(pair.ours)())) == b""


def test_a_builder_of_some_fields_writes_them_and_takes_no_others() -> None:
    build = cast("Any", builder(UserInfo, only=("create_time", "user_id")))
    assert build(user_id="alice", create_time=NOW) == encode(
        UserInfo(user_id="alice", create_time=NOW)
    )
    assert build() == b""
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        build(type="bot")
    with pytest.raises(TypeError, match="UserInfo has no age, name"):
        builder(UserInfo, only=("user_id", "name", "age"))


def test_a_builder_can_stand_in_a_field(contract: dict[str, Pair]) -> None:
    user = builder(UserInfo)(user_id="alice", create_time=NOW)
    cls: Any = contract["chat3.user.v1.Message"].ours
    assert encode(cls(sender=user)) == encode(
        cls(sender=UserInfo(user_id="alice", create_time=NOW))
    )
    assert builder(cls)(sender=user) == encode(cls(sender=user))


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"user_id": 5}, "UserInfo.user_id: expected str, not int"),
        ({"create_time": "2026"}, "UserInfo.create_time: "),
        ({"meta": {"a": object()}}, "UserInfo.meta: JSON has no object"),
        ({"meta": {1: "a"}}, "UserInfo.meta: a key of a JSON object is a str, not int"),
    ],
)
def test_a_wrong_value_is_refused_by_class_and_field(values: Any, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        builder(UserInfo)(**values)


def test_a_field_that_the_class_has_not_is_refused() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        cast("Any", builder(UserInfo))(name="alice")


def test_fields_may_be_called_like_anything_in_the_generated_code() -> None:
    """A parameter hides the global of its name, and a variable the parameter of its name."""
    scalars = ["value", "size", "data", "type", "len", "dict", "bytes", "encode", "build", "error"]
    texts = [f"{letter}{number}" for letter in "kdTSVZCP" for number in range(1, 20)]
    names = [*scalars, *texts]
    cls: Any = dataclasses.make_dataclass(
        "Named",
        [
            (name, str, betterproto2.field(number, betterproto2.TYPE_STRING))
            for number, name in enumerate(names, 1)
        ],
        bases=(betterproto2.Message,),
        eq=False,
        repr=False,
    )
    values = {name: f"text of {name}" for name in names}
    assert builder(cls)(**values) == bytes(cls(**values))


def test_a_field_called_like_the_generated_codes_own_names_is_refused() -> None:
    fields = [("_size", int, betterproto2.field(1, betterproto2.TYPE_INT32))]
    cls: Any = dataclasses.make_dataclass(
        "Named", fields, bases=(betterproto2.Message,), eq=False, repr=False
    )
    with pytest.raises(TypeError, match=r"Named\._size: such names are the generated code's own"):
        builder(cls)


@given(JSON_OBJECT)
def test_a_dict_can_stand_for_a_struct(data: dict[str, Any]) -> None:
    wire = encode(Topic(topic_id="t", meta=cast("Any", data)))
    assert builder(Topic)(topic_id="t", meta=cast("Any", data)) == wire
    meta = decode(Topic, wire).meta
    assert meta is not None
    assert repr(plain(meta)) == repr(plain(decode(Topic, encode(Topic(meta=meta))).meta))  # type: ignore[arg-type]
    assert set(plain(meta)) == set(data)


def test_a_time_may_be_encoded_already() -> None:
    made = encode_timestamp(NOW)
    expected = encode(UserInfo(create_time=NOW))
    assert encode(UserInfo(create_time=cast("Any", made))) == expected
    assert builder(UserInfo)(create_time=cast("Any", made)) == expected


@thorough
@given(
    st.integers(-62_135_596_800, 253_402_300_799)
    | st.sampled_from([edge + step for edge in (0, 1 << 28, 1 << 35) for step in (-1, 0)]),
    st.integers(0, 999_999) | st.sampled_from([0, 2097, 2098, 268_435, 268_436]),
)
def test_a_unix_time_is_googles_timestamp_of_its_moment(seconds: int, microseconds: int) -> None:
    made = encode_unix_time(seconds * 1_000_000 + microseconds)
    expected = Timestamp(seconds=seconds, nanos=microseconds * 1000)
    assert made == expected.SerializeToString()
    since = timedelta(seconds=seconds, microseconds=microseconds)
    assert encode_timestamp(datetime(1970, 1, 1, tzinfo=UTC) + since) == made


@pytest.mark.parametrize("microseconds", [-62_135_596_800_000_001, 253_402_300_800_000_000])
def test_a_unix_time_that_no_timestamp_can_mean_is_refused(microseconds: int) -> None:
    with pytest.raises(OverflowError, match="outside the years"):
        encode_unix_time(microseconds)


def test_bytes_can_stand_for_a_list_of_messages() -> None:
    """They are the field, as a message with nothing else is encoded."""
    counts = [StatusCount(status_name="read", count=2), StatusCount(status_name="unread", count=1)]
    field = cast("Any", encode(Message(status_counts=counts)))
    expected = encode(Message(message_id="m", status_counts=counts, mine=True))
    assert builder(Message)(message_id="m", status_counts=field, mine=True) == expected
    assert encode(Message(message_id="m", status_counts=field, mine=True)) == expected
