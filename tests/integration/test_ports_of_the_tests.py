"""Runs of the tests at the same time: what each of them has for itself."""

import os
import subprocess
import sys
from pathlib import Path

from support.ports import free_port

_TESTS = Path(__file__).parents[1]
_CHOOSES = """
import sys
from support import ports
choices = iter(map(int, sys.argv[1:]))
ports.random.choice = lambda _: next(choices)
print(ports.free_port(2))
"""


def test_a_port_that_was_given_out_is_given_to_no_other_process() -> None:
    taken, other = free_port(), free_port(2)
    free = range(other + 10, other + 100, 10)
    command = [sys.executable, "-c", _CHOOSES, *map(str, (taken, taken - 1, other + 1, *free))]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(_TESTS)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert int(done.stdout) in free
