"""The decoders under atheris, which learns from the code's branches what to try next.

python tests/fuzz/fuzz_atheris.py -runs=100000
"""

import sys

import atheris

with atheris.instrument_imports(include=["betterproto2_compiled", "chat3_user"]):
    import fuzz_decoders
    import fuzz_inputs


def one(data: bytes) -> None:
    if not data:
        return
    kind, data = data[0] % 9, data[1:]
    try:
        if kind < len(fuzz_inputs.METHODS):
            fuzz_decoders.read_request(fuzz_inputs.METHODS[kind], data)
        elif kind == len(fuzz_inputs.METHODS):
            fuzz_decoders.read_text(data.decode(errors="replace"))
        else:
            fuzz_decoders.read_update(data)
    except fuzz_decoders.REFUSALS:
        pass


atheris.Setup(sys.argv, one)
atheris.Fuzz()
