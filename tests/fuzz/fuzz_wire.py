"""The real call chain behind real connections, without sockets: bytes in, frames out, judged."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import fuzz_frames as odd_frames
import fuzz_inputs as inputs
from fuzz_depth import Depth, Stage
from fuzz_server import Attacked, Connection
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ResponseReceived, StreamReset, TrailersReceived
from h2.exceptions import ProtocolError
from hpack import Encoder
from hyperframe.frame import DataFrame, HeadersFrame, PingFrame, SettingsFrame

from chat3_user.methods import METHODS, Bidi, Streaming

CALL_STAGES = (Stage.HANDLED, Stage.ANSWERED)
FRAME_STAGES = (Stage.FRAME,)
FAULTS = {2: "UNKNOWN", 13: "INTERNAL", 15: "DATA_LOSS"}
_STREAMING = {label for label, method in METHODS.items() if isinstance(method, Streaming | Bidi)}
_PING = PingFrame(0, opaque_data=b"are you?").serialize()
_ACKNOWLEDGED = SettingsFrame(0, flags=["ACK"]).serialize()
_HANG = 200.0
"""Seconds after which a call hangs that has all it needs."""


class Wire(asyncio.Transport):
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    abort = close

    def get_write_buffer_size(self) -> int:
        return 0


class Session:
    """One connection: hostile bytes go in, answers come out."""

    def __init__(self, target: Attacked) -> None:
        self.wire = Wire()
        self.connection = Connection(target, self.wire)
        judge = H2Connection(H2Configuration(header_encoding="utf-8"))
        judge.initiate_connection()
        self.feed(judge.data_to_send())
        self.encoder = Encoder()
        self.methods: dict[int, str] = {}
        self.whole: set[int] = set()
        """Streams whose method sees all of its request."""

    def feed(self, data: bytes) -> None:
        if not self.wire.closed:
            self.connection.feed(data)

    @property
    def greeted(self) -> bool:
        """Whether the service has read and acknowledged this client's settings."""
        return _ACKNOWLEDGED in self.wire.written

    @property
    def stream(self) -> int:
        """The next stream that a client would open."""
        return 2 * len(self.methods) + 1

    def call(self, rng: random.Random) -> str:
        """Make a hostile call; return the method it was made for."""
        made = inputs.call(rng, self.encoder, self.stream)
        if made.whole:
            self.whole.add(self.stream)
        self.methods[self.stream] = made.method
        self.feed(made.frames)
        return made.method

    async def settle(self) -> None:
        """Wait until calls are answered; the others, and streams of updates, are then cut off."""
        unary = {stream for stream in self.whole if self.methods[stream] not in _STREAMING}
        await self._until(lambda stream: stream not in unary)
        # A stream of updates says that it is there before it falls silent.
        written, silent = len(self.wire.written), 0
        while silent < 20:
            await asyncio.sleep(0.001)
            silent = silent + 1 if len(self.wire.written) == written else 0
            written = len(self.wire.written)
        if self.connection.open_streams:
            self.connection.lose()
        await self.idle()

    async def idle(self) -> None:
        """Wait until the service is done with all streams."""
        await self._until(lambda _: False)

    async def _until(self, may_stay: Callable[[int], bool]) -> None:
        try:
            async with asyncio.timeout(_HANG):
                while not all(map(may_stay, self.connection.open_streams)):
                    await asyncio.sleep(0.001)
        except TimeoutError:
            streams = sorted(self.connection.open_streams)
            raise AssertionError(f"hangs: {streams}") from None

    def end(self) -> None:
        self.wire.closed = True
        self.connection.lose()

    def answers(self) -> dict[int, str]:
        """Return what was answered by stream, judged as a client would."""
        judge = H2Connection(H2Configuration(header_encoding="utf-8"))
        judge.initiate_connection()
        for stream in self.methods:
            judge.send_headers(
                stream,
                [(":method", "POST"), (":path", "/"), (":scheme", "http"), (":authority", "x")],
            )
        answers: dict[int, str] = {}
        try:
            events = judge.receive_data(bytes(self.wire.written))
        except ProtocolError as error:
            raise AssertionError(f"the answer breaks HTTP/2: {error}") from error
        for event in events:
            if isinstance(event, ResponseReceived | TrailersReceived):
                found = dict(event.headers)
                status = found.get("grpc-status")
                if status is not None:
                    answers[event.stream_id] = status
                    # gRPC wants INTERNAL for a message that is compressed in no known way.
                    framing = "names no encoding" in found.get("grpc-message", "")
                    assert framing or int(status) not in FAULTS, found
                elif found.get(":status", "200") != "200":
                    answers[event.stream_id] = f"HTTP {found[':status']}"
                else:
                    answers.setdefault(event.stream_id, "open")
            elif isinstance(event, StreamReset):
                answers.setdefault(event.stream_id, f"reset {int(event.error_code)}")
        return answers


async def calls(
    target: Attacked, seed: int, sessions: int, depth: Depth, each: int = 20
) -> Counter[str]:
    """Make hostile calls, ``each`` on one connection, on twenty connections at a time."""
    seen: Counter[str] = Counter()
    for first in range(0, sessions, 20):
        numbers = range(first, min(first + 20, sessions))
        for made, answers in await asyncio.gather(
            *(_session(target, f"{seed}/calls/{number}", each) for number in numbers)
        ):
            seen.update(answers)
            depth.add(made)
    for name, count in target.handled.items():
        depth.through[Stage.HANDLED, name] += count
    target.handled.clear()
    return seen


async def _session(target: Attacked, seed: str, each: int) -> tuple[Depth, list[str]]:
    """Make calls on a connection, and on another one when the service has ended it."""
    rng = random.Random(seed)
    depth, answers = Depth(), []
    made = 0
    while made < each:
        session = Session(target)
        try:
            while made < each and not session.wire.closed:
                session.call(rng)
                made += 1
                if not rng.randrange(4):
                    await asyncio.sleep(0)
            await session.settle()
            found = session.answers()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        finally:
            session.end()
        answers += found.values()
        for stream, name in session.methods.items():
            wanted = "open" if name in _STREAMING else "0"
            answered = stream in session.whole and found.get(stream) == wanted
            depth.made[Stage.HANDLED, name] += 1
            depth.count(Stage.ANSWERED, name, through=answered)
    return depth, answers


async def frames(target: Attacked, seed: int, sessions: int, depth: Depth, each: int = 20) -> None:
    """Send frames in wrong places, between calls; after a fatal one on another connection."""
    for number in range(sessions):
        rng = random.Random(f"{seed}/frames/{number}")
        session = Session(target)
        for _ in range(each):
            if session.wire.closed:
                await _end(session, f"frames, seed {seed}/{number}")
                session = Session(target)
            if not rng.randrange(4):
                session.call(rng)
                continue
            kind, frame = odd_frames.odd(rng, session.stream)
            before = len(session.wire.written)
            session.feed(frame)
            if rng.randrange(2):
                # Whoever still reads frames answers a PING, or ends the connection over the frame.
                session.feed(_PING)
                heard = len(session.wire.written) > before or session.wire.closed
                depth.count(Stage.FRAME, kind, through=session.greeted and heard)
        await _end(session, f"frames, seed {seed}/{number}")


async def _end(session: Session, what: str) -> None:
    """Lose the connection: nothing of it may go on."""
    await asyncio.sleep(0)
    session.end()
    try:
        await session.idle()
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from error


async def normal_call(target: Attacked) -> None:
    """Make one honest call: whatever came before, it is served."""
    session = Session(target)
    head = [
        (name.encode(), value.encode())
        for name, value in {
            ":method": "POST",
            ":scheme": "http",
            ":path": inputs.SERVICE + "GetUserDialogs",
            ":authority": "x",
            "te": "trailers",
            "content-type": "application/grpc",
            **inputs.IDENTITY,
        }.items()
    ]
    session.methods[1] = "GetUserDialogs"
    session.feed(HeadersFrame(1, session.encoder.encode(head), flags=["END_HEADERS"]).serialize())
    session.feed(DataFrame(1, bytes(5), flags=["END_STREAM"]).serialize())
    await session.idle()
    assert session.answers() == {1: "0"}
    session.end()
