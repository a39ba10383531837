"""A few thousand of the cases of `make test-fuzz`, with every run of the tests."""

import logging
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import fields
from typing import Any, get_args

import fuzz_decoders
import fuzz_inputs
import fuzz_requests
import fuzz_texts
import fuzz_tokens
import fuzz_updates
import fuzz_upstream
import fuzz_web
import fuzz_wire
import msgspec
import pytest
from fuzz_depth import Depth
from fuzz_server import attacked
from hypothesis import given, settings
from hypothesis import strategies as st

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import CallError
from chat3_user.mapping.update_models import PublishedUpdate
from chat3_user.methods import METHODS
from chat3_user.server.grpc import load_contract
from chat3_user.transport.json_codec import JsonCodecs
from chat3_user.wire import decode

_LOGGERS = (
    "chat3_user.transport.http1_server",
    "chat3_user.transport.http2_connection",
    "chat3_user.transport.failures",
    "asyncio",
)


def test_decoders_read_or_refuse_and_most_cases_reach_deep() -> None:
    depth = fuzz_decoders.run(1, 300 * len(METHODS))
    assert not depth.shallow(fuzz_decoders.STAGES)


@pytest.mark.parametrize("method", METHODS)
def test_requests_of_every_method_keep_the_rules_and_have_every_field(method: str) -> None:
    rng = random.Random(1)
    sent = set()
    for _ in range(200):
        data = fuzz_requests.sound(rng, method)
        assert fuzz_decoders.read_request(method, data) == (True, True)
        message = decode(METHODS[method].request, data)
        sent |= {field.name for field in fields(message) if getattr(message, field.name)}
    assert sent == {field.name for field in fields(METHODS[method].request)}, "never sent"


@pytest.mark.parametrize("kind", fuzz_updates.KINDS, ids=lambda kind: kind.name)
def test_every_kind_has_a_generator_of_updates_that_are_decoded_as_it(kind: pb.UpdateKind) -> None:
    assert kind in fuzz_updates.GENERATORS, f"fuzz_updates.GENERATORS lacks {kind.name}"
    rng = random.Random(1)
    for _ in range(200):
        data = fuzz_updates.encoded(fuzz_updates.sound(rng, kind))
        assert fuzz_decoders.read_update(kind, data) == (True, True)


def _members(model: Any) -> Iterator[tuple[str, str]]:
    """Return the members of a published update: of each part that is typed, by the part's name."""
    for field in msgspec.structs.fields(model):
        yield model.__name__, field.encode_name
        for part in _parts(field.type):
            yield from _members(part)


def _parts(kind: Any) -> list[Any]:
    """Return the models that a type holds, those in texts that are decoded later included."""
    for note in getattr(kind, "__metadata__", ()):
        kind = note.extra["holds"] if note.extra else kind
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [kind]
    return [part for argument in get_args(kind) for part in _parts(argument)]


def _sent(document: Any, model: Any) -> Iterator[tuple[str, str]]:
    for field in msgspec.structs.fields(model):
        value = document.get(field.encode_name)
        if value is not None:
            yield model.__name__, field.encode_name
        for part in _parts(field.type):
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, dict):
                    yield from _sent(item, part)


def test_every_member_that_an_update_may_have_is_generated() -> None:
    rng = random.Random(1)
    sent = set()
    for kind in fuzz_updates.KINDS:
        for _ in range(200):
            sent |= set(_sent(fuzz_updates.sound(rng, kind), PublishedUpdate))
    assert set(_members(PublishedUpdate)) == sent


@pytest.mark.parametrize("grammar", fuzz_texts.READERS)
def test_the_texts_of_a_grammar_are_accepted_before_they_are_damaged(grammar: str) -> None:
    rng = random.Random(1)
    for _ in range(200):
        text = fuzz_texts.READERS[grammar][0](rng)
        assert fuzz_decoders.read_text(grammar, text), text


@pytest.mark.parametrize("make", [fuzz_tokens.odd, fuzz_tokens.hostile, fuzz_tokens.bearer])
def test_tokens_that_are_none_are_refused_by_the_catalogue(
    make: Callable[[random.Random], str],
) -> None:
    rng = random.Random(1)
    for _ in range(500):
        text = fuzz_inputs.mutated(rng, make(rng).encode()) if rng.randrange(2) else make(rng)
        for grammar in ("sealed token", "signed token"):
            fuzz_decoders.read_text(grammar, text if isinstance(text, str) else repr(text)[2:-1])


@pytest.mark.parametrize("name", fuzz_upstream.ROUTES)
def test_every_route_has_an_answer_that_its_model_takes(name: str) -> None:
    route = fuzz_upstream.ROUTES[name]
    route.decoder.decode(msgspec.json.encode(fuzz_upstream.sound(route.model)))


@settings(max_examples=300)
@given(st.sampled_from(tuple(METHODS)), st.binary(max_size=300))
def test_any_bytes_are_a_request_or_are_refused(method: str, data: bytes) -> None:
    fuzz_decoders.read_request(method, data)


@settings(max_examples=300)
@given(st.sampled_from(tuple(fuzz_texts.READERS)), st.text(max_size=100))
def test_any_text_is_a_filter_a_token_a_user_or_is_refused(grammar: str, text: str) -> None:
    fuzz_decoders.read_text(grammar, text)


def _faults(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged of faults of ours; what the platform refuses is none."""
    return [record.getMessage() for record in caplog.records if record.name.startswith(_LOGGERS)]


@pytest.mark.timeout(600)
async def test_hostile_calls_get_a_status_and_never_internal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    depth = Depth()
    async with attacked() as target:
        with caplog.at_level(logging.WARNING):
            await fuzz_wire.calls(target, 1, 4 * len(METHODS), depth)
        await fuzz_wire.normal_call(target)
    assert not _faults(caplog)
    assert not depth.shallow(fuzz_wire.CALL_STAGES)


@pytest.mark.timeout(600)
async def test_hostile_frames_end_at_most_their_own_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    depth = Depth()
    async with attacked() as target:
        with caplog.at_level(logging.WARNING):
            await fuzz_wire.frames(target, 1, 150, depth)
        await fuzz_wire.normal_call(target)
    assert not _faults(caplog)
    assert not depth.shallow(fuzz_wire.FRAME_STAGES)


@pytest.mark.timeout(600)
async def test_hostile_calls_over_http1_get_a_status_and_never_internal(
    caplog: pytest.LogCaptureFixture,
) -> None:
    depth = Depth()
    async with attacked() as target:
        with caplog.at_level(logging.WARNING):
            await fuzz_web.run(target, 1, 20 * len(fuzz_web.UNARY), depth)
        await fuzz_wire.normal_call(target)
    assert not _faults(caplog)
    assert not depth.shallow(fuzz_web.STAGES)


@pytest.mark.parametrize("label", fuzz_web.UNARY)
def test_json_of_a_request_is_that_request_or_is_refused(label: str) -> None:
    load_contract()
    rng, codec = random.Random(1), JsonCodecs().of(fuzz_requests.path(label))
    for _ in range(100):
        message = fuzz_requests.sound(rng, label)
        text = fuzz_web.in_json(label, message)
        assert decode(METHODS[label].request, codec.request(text)) == decode(
            METHODS[label].request, message
        )
        with suppress(CallError):
            codec.request(fuzz_inputs.mutated(rng, text))
