"""Connect and gRPC-Web over HTTP/1.1, without sockets: hostile requests, in JSON and protobuf."""

import asyncio
import random
import re
from collections import Counter
from typing import Any, Final
from urllib.parse import quote

import fuzz_inputs as inputs
import fuzz_requests as requests
from fuzz_depth import Depth, Stage
from fuzz_server import Attacked
from fuzz_wire import Wire
from google.protobuf import descriptor_pool, json_format, message_factory

from chat3_user.methods import METHODS, Bidi, Streaming

STAGES: Final = (Stage.WEB,)
UNARY: Final = tuple(
    label for label, method in METHODS.items() if not isinstance(method, Streaming | Bidi)
)
_STATUS: Final = re.compile(rb"HTTP/1\.1 ([0-9]{3}) ")
_HANG: Final = 200.0


class WebWire(Wire):
    """A transport whose protocol may change, as asyncio's may."""

    protocol: Any = None

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def pause_reading(self) -> None:
        """Go on: the fuzzer sends little."""

    resume_reading = pause_reading


def in_json(label: str, message: bytes) -> bytes:
    """Return a request of a method in JSON."""
    service, _, name = requests.path(label)[1:].rpartition("/")
    method = descriptor_pool.Default().FindServiceByName(service).methods_by_name[name]
    made = message_factory.GetMessageClass(method.input_type).FromString(message)
    return json_format.MessageToJson(made, indent=None).encode()


def request(rng: random.Random, label: str) -> bytes:
    """Return a request over HTTP/1.1: most messages and heads are sound."""
    json, web = rng.random() < 0.6, rng.random() < 0.3
    body = requests.sound(rng, label)
    if json:
        body = in_json(label, body)
    if rng.random() < 0.35:
        body = inputs.mutated(rng, body)
    codec = "json" if json else "proto"
    by_get = not web and rng.random() < 0.1
    if web:
        body = bytes([rng.choice((0, 0, 0, 0, 0, 1, 2))]) + len(body).to_bytes(4) + body
    fields = {
        "host": "x",
        "content-type": f"application/grpc-web+{codec}" if web else f"application/{codec}",
        **inputs.IDENTITY,
    }
    target, method = requests.path(label), "POST"
    if by_get:
        method, target = "GET", f"{target}?encoding={codec}&message={quote(body)}"
    elif rng.random() < 0.2:
        fields["transfer-encoding"] = "chunked"
        at = rng.randrange(len(body) + 1)
        pieces = [piece for piece in (body[:at], body[at:]) if piece]
        body = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    else:
        fields["content-length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]
    data = "\r\n".join(lines).encode() + (b"" if by_get else body)
    return data if rng.randrange(6) else inputs.mutated(rng, data)


async def run(target: Attacked, seed: int, sessions: int, depth: Depth) -> Counter[str]:
    """Send requests on connections of their own, a hundred at a time; judge the answers.

    A few never end and wait for the service's timeout: the others do not wait for them.
    """
    seen: Counter[str] = Counter()
    open_ = asyncio.Semaphore(100)

    async def session(number: int) -> None:
        async with open_:
            label, statuses = await _session(target, f"{seed}/web/{number}", number)
        seen.update(statuses)
        depth.made[Stage.WEB, label] += 1

    async with asyncio.TaskGroup() as group:
        for number in range(sessions):
            group.create_task(session(number))
    for name, count in target.handled.items():
        depth.through[Stage.WEB, name] += count
    target.handled.clear()
    return seen


async def _session(target: Attacked, seed: str, number: int) -> tuple[str, list[str]]:
    """Send one request; return its method, and the statuses that came."""
    rng = random.Random(seed)
    label = UNARY[number % len(UNARY)]
    wire = WebWire()
    wire.protocol = target.service.server.listener.accept()
    wire.protocol.connection_made(wire)
    data = request(rng, label)
    while data and not wire.closed:
        size = rng.choice((len(data), rng.randrange(1, 80)))
        wire.protocol.data_received(data[:size])
        data = data[size:]
        await asyncio.sleep(0)
    written = await _settled(wire, f"web, seed {seed}")
    framing = written.count(b"names no encoding")
    assert written.count(b'"code":"internal"') <= framing, written
    assert not re.search(rb'"code":"(unknown|data_loss)"|HTTP/1.1 500 ', written), written
    return label, [status.decode() for status in _STATUS.findall(written)]


async def _settled(wire: WebWire, what: str) -> bytes:
    """Wait for the answer, lose the connection, and return what was written."""
    silent = 0
    try:
        async with asyncio.timeout(_HANG):
            while silent < 5 and not wire.closed:
                busy = bool(wire.protocol.streams) and b"HTTP/1.1 " not in wire.written
                silent = 0 if busy else silent + 1
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"{what}: hangs") from None
    wire.closed = True
    wire.protocol.connection_lost(None)
    await asyncio.sleep(0)
    return bytes(wire.written)
