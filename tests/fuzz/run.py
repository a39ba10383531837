"""Fuzzes everything that hears from outside, counts the cases, and fails at the first fault.

    python tests/fuzz/run.py [--cases 1000000] [--seed 1]

Prints how many cases each way had, how deep they reached, and how much memory was in use after each
batch; fails when cases of a kind or a method reach less deep than the floors of `fuzz_depth`.
"""

import argparse
import asyncio
import gc
import logging
import os
import pickle
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE), str(_HERE.parent)]

import fuzz_decoders  # noqa: E402 - tests are no package
import fuzz_learned  # noqa: E402
import fuzz_sockets  # noqa: E402
import fuzz_web  # noqa: E402
import fuzz_wire  # noqa: E402
from fuzz_depth import Depth  # noqa: E402
from fuzz_server import attacked  # noqa: E402

_STAGES = {
    "decoders": fuzz_decoders.STAGES,
    "atheris": fuzz_learned.STAGES,
    "calls": fuzz_wire.CALL_STAGES,
    "frames": fuzz_wire.FRAME_STAGES,
    "sockets": fuzz_sockets.STAGES,
    "web": fuzz_web.STAGES,
}
_SHARES = {
    "decoders": 0.59,
    "atheris": 0.30,
    "calls": 0.06,
    "frames": 0.03,
    "sockets": 0.01,
    "web": 0.01,
}
_GROWTH = 40_000_000
_EACH = 20
_LOGGERS = (
    "chat3_user.transport.http1_server",
    "chat3_user.transport.http2_connection",
    "chat3_user.transport.failures",
    "asyncio",
)
"""They log what is a fault of ours; `refusals` logs what is one of the client's."""


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _memory() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _check_flat(name: str, memory: list[int]) -> None:
    """Compare the end with the state after a third: caches have filled by then."""
    growth = memory[-1] - memory[len(memory) // 3]
    _say(f"fuzz: {name}: memory {memory[0] >> 20} to {memory[-1] >> 20} MiB")
    if growth > _GROWTH:
        raise SystemExit(f"fuzz: {name}: memory grew by {growth >> 20} MiB: {memory}")


def decoders(seed: int, cases: int) -> tuple[int, Depth]:
    logging.disable(logging.CRITICAL)
    memory, depth = [], Depth()
    for batch in range(10):
        depth.add(fuzz_decoders.run(seed * 100 + batch, cases // 10))
        memory.append(_memory())
    _check_flat("decoders", memory)
    return cases // 10 * 10, depth


def atheris(seed: int, cases: int) -> tuple[int, Depth]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus, depth_file = folder / "corpus", folder / "depth"
        corpus.mkdir()
        fuzz_learned.write_corpus(corpus, seed)
        # The pool's processes know nothing of tests as a package; this one starts afresh anyway.
        done = subprocess.run(
            [
                sys.executable,
                str(_HERE / "fuzz_atheris.py"),
                str(depth_file),
                f"-runs={cases}",
                f"-seed={seed}",
                "-max_len=4096",
                "-verbosity=1",
                "-rss_limit_mb=1024",
                str(corpus),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{_HERE}:{_HERE.parent}"},
        )
        found = re.search(r"Done (\d+) runs", done.stderr)
        if done.returncode or found is None:
            raise SystemExit(f"fuzz: atheris\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
        return int(found[1]), pickle.loads(depth_file.read_bytes())  # noqa: S301 - our own


def calls(seed: int, cases: int) -> tuple[int, Depth]:
    return asyncio.run(_wire("calls", seed, cases))


def frames(seed: int, cases: int) -> tuple[int, Depth]:
    return asyncio.run(_wire("frames", seed, cases))


def web(seed: int, cases: int) -> tuple[int, Depth]:
    return asyncio.run(_wire("web", seed, cases))


async def _wire(name: str, seed: int, cases: int) -> tuple[int, Depth]:
    log = _Faults()
    logging.basicConfig(level=logging.WARNING, handlers=[log], force=True)
    seen: Counter[str] = Counter()
    memory, depth = [], Depth()
    sessions = max(1, -(-cases // _EACH // 20))
    async with attacked() as target:
        for batch in range(20):
            if name == "web":
                seen += await fuzz_web.run(target, seed * 100 + batch, sessions * _EACH, depth)
            elif name == "calls":
                seen += await fuzz_wire.calls(target, seed * 100 + batch, sessions, depth, _EACH)
            else:
                await fuzz_wire.frames(target, seed * 100 + batch, sessions, depth, _EACH)
            await fuzz_wire.normal_call(target)
            gc.collect()
            memory.append(_memory())
            if log.faults:
                raise SystemExit(f"fuzz: {name}: {log.faults[:3]}")
    if seen:
        _say(f"fuzz: {name}: answers by status: {dict(seen.most_common())}")
    _check_flat(name, memory)
    return sessions * 20 * _EACH, depth


class _Faults(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith(_LOGGERS):
            self.faults.append(self.format(record) + str(getattr(record, "problem", "")))


def sockets(seed: int, cases: int) -> tuple[int, Depth]:
    depth, connections = Depth(), max(200, cases // 10 + 1)
    memory = asyncio.run(fuzz_sockets.run(seed, connections, depth, each=10))
    _check_flat("sockets", memory)
    return connections * 10, depth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=sorted(_SHARES))
    options = parser.parse_args()
    started = time.monotonic()
    total, depth = 0, Depth()
    with ProcessPoolExecutor(max_workers=2, max_tasks_per_child=1) as pool:
        runs = {
            name: pool.submit(globals()[name], options.seed, int(options.cases * share))
            for name, share in _SHARES.items()
            if options.only in (None, name)
        }
        for name, run in runs.items():
            count, reached = run.result()
            total += count
            depth.add(reached)
            _say(f"fuzz: {name}: {count:,} cases")
    _say("\n".join(depth.lines()))
    shallow = depth.shallow(stage for name in runs for stage in _STAGES[name])
    if shallow:
        raise SystemExit("fuzz: the cases do not reach deep enough\n" + "\n".join(shallow))
    _say(f"fuzz: {total:,} cases without a fault in {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
