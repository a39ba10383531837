"""Where the CPU of a call goes: py-spy watches the service while a benchmark's load runs.

Run ``python bench/profile_call.py page-20``, or ``make bench-profile CALL=page-20``. Shares are of
the time in which the event loop's thread ran; ``own`` is spent in a function itself, ``all`` in
what it calls, too.
"""

import argparse
import os
import re
import subprocess
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from harness.calls import CALLS, MeasuredCall
from harness.load import closed_loop, h2load
from harness.machine import cores, program
from harness.results import begin
from harness.servers import OURS, Server, server
from upstream.nginx import nginx

_PLACE = re.compile(
    r"^(?P<name>.+) \((?:.*/(?:site-packages|service|python3\.\d+)/)?(?P<file>.+?)(?::\d+)?\)$"
)
_LOOP = "Runner.run"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("call", nargs="?", default="typing", choices=[call.name for call in CALLS])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--most", type=int, default=25, help="rows")
    options = parser.parse_args()
    begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, {load_core})
    call = next(call for call in CALLS if call.name == options.call)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(nginx(folder))
        target = stack.enter_context(server(OURS, [server_core], folder, tenant_api=url))
        stacks = _profiled(target, call, options.seconds, folder)
    _tell(stacks, options.most)


def _profiled(target: Server, call: MeasuredCall, seconds: float, folder: Path) -> Counter[str]:
    """Return how often each stack was seen."""
    warm = _load(target, call, 400, 0, folder)
    count = int(400 / warm * seconds * 1.3)
    found = folder / "stacks"
    watching = subprocess.Popen(
        [
            *(program("py-spy"), "record", "--pid", str(target.process.pid), "--format", "raw"),
            *("--rate", "500", "--duration", str(int(seconds)), "--output", str(found)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _load(target, call, count, 400, folder)
    watching.wait()
    stacks: Counter[str] = Counter()
    for line in found.read_text().splitlines():
        stack, _, times = line.rpartition(" ")
        if _LOOP in stack:
            stacks[stack] += int(times)
    return stacks


def _load(target: Server, call: MeasuredCall, count: int, sent: int, folder: Path) -> float:
    """Return for how many seconds ``count`` calls took."""
    if call.varies:
        return closed_loop(target.port, call, count, sent).seconds
    return h2load(target.port, call, count, folder).seconds


def _tell(stacks: Counter[str], most: int) -> None:
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    for stack, times in stacks.items():
        places = [_place(frame) for frame in stack.split(";")]
        own[places[-1]] += times
        for place in set(places):
            whole[place] += times
    total = stacks.total()
    for title, counted in (("own", own), ("all", whole)):
        print(f"\n{title:>6}")
        for place, times in counted.most_common(most):
            print(f"{times / total:6.1%}  {place}")


def _place(frame: str) -> str:
    found = _PLACE.match(frame)
    return f"{found['name']} ({found['file']})" if found else frame


if __name__ == "__main__":
    main()
