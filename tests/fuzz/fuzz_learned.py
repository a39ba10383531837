"""What atheris tries: a first byte that says which decoder, and the input of that decoder.

It begins with sound inputs of every method, kind and grammar, and changes them.
"""

import random
from pathlib import Path
from typing import Final

import fuzz_decoders as decoders
import fuzz_requests as requests
import fuzz_texts as texts
import fuzz_updates as updates
from fuzz_depth import Depth, Stage

STAGES: Final = (Stage.LEARNED_VALID, Stage.LEARNED_TYPED)
_METHODS: Final = tuple(requests.GENERATORS)
_KINDS: Final = tuple(updates.GENERATORS)
_GRAMMARS: Final = tuple(texts.READERS)
_TARGETS: Final = (*_METHODS, *_KINDS, *_GRAMMARS)
_EXAMPLES: Final = 8


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
    for place, target in enumerate(_TARGETS):
        for number in range(_EXAMPLES):
            if target in _METHODS:
                data = requests.sound(rng, target)
            elif target in _GRAMMARS:
                data = texts.READERS[target][0](rng).encode()
            else:
                data = updates.encoded(updates.sound(rng, target))
            (folder / f"{place}-{number}").write_bytes(bytes([place]) + data)
