"""Everything that reads what others wrote, without a network: it reads it or refuses it."""

import random
import time
from contextlib import suppress

import fuzz_inputs as inputs

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import CallError
from chat3_user.mapping.updates import decode_update
from chat3_user.updates.tokens import ForeignTokenError, TokenError, decode_token
from chat3_user.validation import (
    FilterError,
    parse_dialog_filter,
    parse_dialog_sort,
    parse_identity,
    parse_message_filter,
    parse_message_sort,
    validate,
)
from chat3_user.wire import DecodeError, decode

REFUSALS = (CallError, DecodeError, FilterError, TokenError, ForeignTokenError)
_TEXTS = (parse_dialog_filter, parse_dialog_sort, parse_message_filter, parse_message_sort)


def read_request(method: str, data: bytes) -> None:
    message = decode(getattr(pb, f"{method}Request"), data)
    validate(message)


def read_text(data: str) -> None:
    for parse in _TEXTS:
        try:
            parse(data)
        except REFUSALS:
            continue
    with suppress(*REFUSALS):
        decode_token(data, b"scope1", int(time.time() * 1000))
    with suppress(*REFUSALS):
        parse_identity({**inputs.IDENTITY, "x-user-id": data})


def read_update(data: bytes) -> None:
    decode_update(data)


def one(rng: random.Random) -> None:
    """Read one hostile input; whatever is raised that is no refusal is a fault."""
    try:
        match rng.randrange(4):
            case 0 | 1:
                method = rng.choice(inputs.METHODS)
                read_request(method, inputs.body(rng, method))
            case 2:
                read_text(inputs.text(rng))
            case _:
                read_update(inputs.update(rng))
    except REFUSALS:
        pass


def run(seed: int, cases: int) -> int:
    for number in range(cases):
        try:
            one(random.Random(f"{seed}/{number}"))
        except Exception as error:
            raise AssertionError(f"decoders, seed {seed}/{number}: {error!r}") from error
    return cases
