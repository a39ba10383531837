"""Answers in JSON are what google protobuf writes."""

from typing import Any

import msgspec
from codec_oracle import Pair, google_messages
from google.protobuf import json_format
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chat3_user.transport.json_output import Printers


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_message_in_json_is_what_google_writes(every: list[Pair], data: st.DataObject) -> None:
    pair = data.draw(st.sampled_from(every))
    message: Any = data.draw(google_messages(pair.google))
    try:
        expected = json_format.MessageToDict(message)
    except (ValueError, json_format.Error):
        assume(condition=False)
    found = Printers().of(message.DESCRIPTOR)(message)
    assert found == expected
    assert msgspec.json.decode(msgspec.json.encode(found)) == expected
