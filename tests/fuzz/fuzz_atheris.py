"""The decoders under atheris, which learns from the code's branches what to try next.

python tests/fuzz/fuzz_atheris.py DEPTH_FILE -runs=100000 CORPUS

Writes how deep its cases reached to DEPTH_FILE, as a pickle, now and then: libFuzzer ends the
process without a word.
"""

import logging
import pickle
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["betterproto2_compiled", "chat3_user"]):
    import fuzz_depth
    import fuzz_learned

_REPORT_EVERY = 500


def main() -> None:
    depth_file = Path(sys.argv.pop(1))
    depth = fuzz_depth.Depth()
    cases = 0

    def one(data: bytes) -> None:
        nonlocal cases
        fuzz_learned.read(data, depth)
        cases += 1
        if cases % _REPORT_EVERY == 0:
            depth_file.write_bytes(pickle.dumps(depth))

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        made = fuzz_learned.made_anew(seed, most)
        return atheris.Mutate(data, most) if made is None else made

    # What is refused is logged, and the log is not what is tested.
    logging.disable(logging.CRITICAL)
    atheris.Setup(sys.argv, one, custom_mutator=mutate)
    atheris.Fuzz()


main()
