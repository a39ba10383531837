"""A few thousand of the cases of `make test-fuzz`, with every run of the tests."""

import logging
from contextlib import suppress

import fuzz_decoders
import fuzz_inputs
import fuzz_wire
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

_LOGGERS = ("chat3_user.calls", "chat3_user.http2", "grpclib", "asyncio")


def test_decoders_read_or_refuse() -> None:
    fuzz_decoders.run(1, 4000)


@settings(max_examples=300)
@given(st.sampled_from(fuzz_inputs.METHODS), st.binary(max_size=300))
def test_any_bytes_are_a_request_or_are_refused(method: str, data: bytes) -> None:
    with suppress(*fuzz_decoders.REFUSALS):
        fuzz_decoders.read_request(method, data)


@settings(max_examples=300)
@given(st.text(max_size=100))
def test_any_text_is_a_filter_a_token_a_user_or_is_refused(text: str) -> None:
    fuzz_decoders.read_text(text)


def _faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of faults of ours; what the platform refuses is none."""
    return [record.getMessage() for record in caplog.records if record.name.startswith(_LOGGERS)]


async def test_hostile_calls_get_a_status_and_never_internal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with fuzz_wire.service() as started:
        with caplog.at_level(logging.WARNING):
            seen = await fuzz_wire.calls(started, 1, 60)
        await fuzz_wire.normal_call(started)
    assert not _faults(caplog)
    assert seen["0"]
    assert seen["3"]


async def test_hostile_frames_end_at_most_their_own_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with fuzz_wire.service() as started:
        with caplog.at_level(logging.WARNING):
            await fuzz_wire.frames(started, 1, 150)
        await fuzz_wire.normal_call(started)
    assert not _faults(caplog)
