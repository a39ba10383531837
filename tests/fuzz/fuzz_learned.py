"""What atheris tries: a first byte that says which decoder, and the input of that decoder.

It begins with sound inputs of every method, kind and grammar, and changes them. What it learns
pulls it towards inputs that are refused in ever new ways, so a quarter of what it tries is new.
"""

import random
from pathlib import Path
from typing import Final

import fuzz_decoders as decoders
import fuzz_inputs as inputs
import fuzz_requests as requests
import fuzz_texts as texts
import fuzz_updates as updates
from fuzz_depth import Depth, Stage

from chat3_user.methods import METHODS

STAGES: Final = (Stage.LEARNED_VALID, Stage.LEARNED_TYPED)
_METHODS: Final = tuple(METHODS)
_KINDS: Final = tuple(updates.GENERATORS)
_GRAMMARS: Final = tuple(texts.READERS)
_TARGETS: Final = (*_METHODS, *_KINDS, *_GRAMMARS)
_EXAMPLES: Final = 8
_AGAIN: Final = 0.25


def read(data: bytes, depth: Depth) -> None:
    """Read one input; whatever is raised that is no refusal is a fault."""
    if not data:
        return
    target, data = _TARGETS[data[0] % len(_TARGETS)], data[1:]
    if target in _METHODS:
        _, valid = decoders.read_request(target, data)
        depth.count(Stage.LEARNED_VALID, target, through=valid)
    elif target in _GRAMMARS:
        decoders.read_text(target, data.decode(errors="replace"))
    else:
        _, typed = decoders.read_update(target, data)
        depth.count(Stage.LEARNED_TYPED, target.name or "", through=typed)


def write_corpus(folder: Path, seed: int) -> None:
    """Write the inputs that atheris begins with."""
    rng = random.Random(seed)
    for place in range(len(_TARGETS)):
        for number in range(_EXAMPLES):
            (folder / f"{place}-{number}").write_bytes(_made(rng, place, sound=True))


def made_anew(seed: int, most: int) -> bytes | None:
    """Return an input to try next, or nothing when one that is known is to be changed."""
    rng = random.Random(seed)
    if rng.random() >= _AGAIN:
        return None
    made = _made(rng, rng.randrange(len(_TARGETS)), sound=False)
    return made if len(made) <= most else None


def _made(rng: random.Random, place: int, *, sound: bool) -> bytes:
    target = _TARGETS[place]
    if target in _METHODS:
        data = (requests.sound if sound else inputs.body)(rng, target)
    elif target in _GRAMMARS:
        data = (texts.READERS[target][0](rng) if sound else inputs.text(rng, target)).encode()
    elif sound:
        data = updates.encoded(updates.sound(rng, target))
    else:
        data = inputs.update(rng, target)
    return bytes([place]) + data
