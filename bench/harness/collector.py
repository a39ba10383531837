"""A receiver of OTLP over HTTP that takes spans, counts requests, and keeps nothing.

Run ``python -m harness.collector PORT``; a GET tells how many requests and bytes have come.
"""

import json
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from harness.machine import free_port
from harness.process import pinned

_BENCH = Path(__file__).parents[1]


class _Taking(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    received: ClassVar[dict[str, int]] = {"requests": 0, "bytes": 0}

    def do_POST(self) -> None:
        self.received["bytes"] += len(self.rfile.read(int(self.headers["Content-Length"])))
        self.received["requests"] += 1
        self._answer(b"", "application/x-protobuf")

    def do_GET(self) -> None:
        self._answer(json.dumps(self.received).encode(), "application/json")

    def log_message(self, *_: object) -> None:
        """Say nothing: a line a request would be counted as load."""

    def _answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def collector(core: int, folder: Path) -> Iterator[int]:
    """Receive within the block; return the port."""
    port = free_port()
    command = [sys.executable, "-m", "harness.collector", str(port)]
    environment = {"PYTHONPATH": str(_BENCH)}
    with pinned(command, [core], folder / "collector.log", environment) as process:
        process.wait_until(lambda: received(port) is not None)
        yield port


def received(port: int) -> dict[str, int] | None:
    """Return what has come, or nothing while nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}", timeout=5) as answer:
            found: dict[str, int] = json.load(answer)
            return found
    except OSError:
        return None


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Taking).serve_forever()
