"""Both directions, byte by byte, against google protobuf and betterproto2's own codec."""

from __future__ import annotations

import pytest
from codec_oracle import Pair, deterministic, google_messages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from betterproto2_compiled import decode, encode

thorough = settings(max_examples=1500, suppress_health_check=list(HealthCheck))

pytestmark = pytest.mark.timeout(600)


@thorough
@given(data=st.data())
def test_what_google_writes_is_read_and_written_back_byte_by_byte(
    every: list[Pair], data: st.DataObject
) -> None:
    pair = data.draw(st.sampled_from(every))
    message = data.draw(google_messages(pair.google))
    wire = deterministic(message)

    ours = decode(pair.ours, wire)

    assert encode(ours) == wire
    assert ours == pair.ours.parse(wire) or "nan" in repr(ours)


@thorough
@given(data=st.data())
def test_what_betterproto_reads_is_written_as_google_writes_it(
    every: list[Pair], data: st.DataObject
) -> None:
    pair = data.draw(st.sampled_from(every))
    message = data.draw(google_messages(pair.google))
    wire = deterministic(message)

    ours = pair.ours.parse(wire)

    assert encode(ours) == wire
