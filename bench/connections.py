"""CPU of a connection that a client opens, in plaintext and with TLS.

Run ``python bench/connections.py`` or ``make bench-connections``. h2load opens connections, makes
one small call on each and closes them; what the same calls cost on few connections is taken off.
What is left is accepting, the handshakes and the end: a client that reconnects costs that in any
case.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from harness.calls import CALLS, IDENTITY
from harness.machine import cores, program
from harness.results import begin, save, summary
from harness.servers import Server, ours
from harness.ways import GRPC
from upstream.nginx import nginx

_TYPING = next(call for call in CALLS if call.name == "typing")
_CONNECTIONS = 1000
_FEW = 10
_TIMES = 5
"""So often each is repeated within a run, for CPU is counted in ticks of 10 ms."""
_CERTIFICATES = Path(__file__).parents[1] / "tools" / "make_certs.py"


def _load(server: Server, body: Path, scheme: str, connections: int) -> float:
    """Return the CPU of a call in µs, each run's calls spread over so many new connections."""
    headers = (("content-type", GRPC.unary), ("te", "trailers"), *IDENTITY)
    before = server.process.cpu_seconds()
    for _ in range(_TIMES):
        done = subprocess.run(
            [
                *(program("h2load"), f"--requests={_CONNECTIONS}", f"--clients={connections}"),
                *("--max-concurrent-streams=1", f"--data={body}"),
                *(f"--header={name}: {value}" for name, value in headers),
                f"{scheme}://127.0.0.1:{server.port}{_TYPING.path}",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert f" {_CONNECTIONS} succeeded" in done.stdout, done.stdout
    return (server.process.cpu_seconds() - before) / (_TIMES * _CONNECTIONS) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--save", action=argparse.BooleanOptionalAction, default=True)
    options = parser.parse_args()
    machine = begin()
    server_core, load_core = cores()
    os.sched_setaffinity(0, [load_core])
    figures: dict[str, dict[str, float]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        subprocess.run([sys.executable, _CERTIFICATES, folder], check=True)
        body = folder / "typing.bin"
        body.write_bytes(GRPC.body(_TYPING))
        url = stack.enter_context(nginx(folder))
        for scheme, certificates in (("http", None), ("https", folder)):
            with ours([server_core], folder, tenant_api=url, certificates=certificates) as server:
                costs = []
                for _ in range(options.runs):
                    few = _load(server, body, scheme, _FEW)
                    costs.append(_load(server, body, scheme, _CONNECTIONS) - few)
            figures[scheme] = summary(costs)
            print(f"{scheme}: {figures[scheme]['median']:.0f} µs of CPU for a connection")
    if options.save:
        save("connections", machine, {"runs": options.runs, "cpu_us": figures})


if __name__ == "__main__":
    main()
