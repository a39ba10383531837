"""Everything that reads what others wrote, without a network: it reads it or refuses it."""

import random
from contextlib import suppress

import fuzz_inputs as inputs
import fuzz_requests as requests
import fuzz_texts as texts
import fuzz_updates as updates
from fuzz_depth import Depth, Stage

from chat3_api.chat3.user import v1 as pb
from chat3_user.errors import CallError
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.methods import METHODS
from chat3_user.updates.log.tokens import ForeignTokenError, TokenError
from chat3_user.validation import FilterError, validate
from chat3_user.wire import DecodeError, decode

REFUSALS = (CallError, DecodeError, FilterError, TokenError, ForeignTokenError)
# One for all, as in a worker: what it remembers of updates must neither grow nor mislead it.
_updates = UpdateDecoder()
STAGES = (Stage.DECODED, Stage.VALID, Stage.ADDRESSED, Stage.TYPED, Stage.ACCEPTED)


def read_request(method: str, data: bytes) -> tuple[bool, bool]:
    """Read a request; return whether it is protobuf, and whether it keeps the rules."""
    try:
        message = decode(METHODS[method].request, data)
    except DecodeError:
        return False, False
    try:
        validate(message, METHODS[method].rules)
    except CallError:
        return True, False
    return True, True


def read_text(grammar: str, data: str) -> bool:
    """Read a text by its grammar; return whether it was accepted."""
    with suppress(*REFUSALS):
        texts.READERS[grammar][1](data)
        return True
    return False


def read_update(kind: pb.UpdateKind, data: bytes) -> tuple[bool, bool]:
    """Read an update; return whether it says whom it is for, and whether it is of its kind.

    What is made of it has to be a message that clients can read.
    """
    decoded = _updates.decode(data)
    if decoded is None:
        return False, False
    assert decode(pb.Update, bytes(decoded.update)).kind is decoded.kind
    return True, decoded.kind is kind


def one(rng: random.Random, depth: Depth) -> None:
    """Read one hostile input; whatever is raised that is no refusal is a fault."""
    match rng.randrange(5):
        case 0 | 1:
            method = requests.method(rng)
            decoded, valid = read_request(method, inputs.body(rng, method))
            depth.count(Stage.DECODED, method, through=decoded)
            depth.count(Stage.VALID, method, through=valid)
        case 2:
            grammar = rng.choice(tuple(texts.READERS))
            accepted = read_text(grammar, inputs.text(rng, grammar))
            depth.count(Stage.ACCEPTED, grammar, through=accepted)
        case _:
            kind = updates.kind(rng)
            addressed, typed = read_update(kind, inputs.update(rng, kind))
            depth.count(Stage.ADDRESSED, kind.name or "", through=addressed)
            depth.count(Stage.TYPED, kind.name or "", through=typed)


def run(seed: int, cases: int) -> Depth:
    """Read so many inputs; return how deep they reached."""
    depth = Depth()
    for number in range(cases):
        try:
            one(random.Random(f"{seed}/{number}"), depth)
        except Exception as error:
            raise AssertionError(f"decoders, seed {seed}/{number}: {error!r}") from error
    return depth
