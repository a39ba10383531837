"""What tests of the outer edge say: a demo service, and clients that break rules."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Self

from google.rpc import error_details_pb2, status_pb2
from grpclib.metadata import decode_bin_value
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError
from hyperframe.frame import Frame

from chat3_embedded.demo import API_KEY, TENANT
from chat3_user.app import Running, running
from chat3_user.config import composed
from chat3_user.telemetry import OFF, Tracing
from chat3_user.transport.http1_connection import Http1Connection
from chat3_user.transport.http2_connection import Http2Connection
from support.patience import HANGS

DIALOGS = "/chat3.user.v1.UserService/GetUserDialogs"
TYPING = "/chat3.user.v1.UserService/SendTypingIndicator"
SUBSCRIBE = "/chat3.user.v1.UserService/SubscribeUpdates"
IDENTITY = {"x-api-key": API_KEY, "x-tenant-id": TENANT, "x-user-id": "alice"}


@asynccontextmanager
async def demo(*, tracing: Tracing = OFF, **settings: Any) -> AsyncIterator[Running]:
    """Run the service with all it needs in this process."""
    # Raw clients name no deadline, and many calls at once take their time on a busy machine.
    settings = {"default_deadline": 60.0} | settings
    config = composed(demo=True, grpc_port=0, ops_port=0, demo_page_port=0, **settings)
    async with running(config, tracing=tracing) as service:
        await service.ready()
        yield service


def now_limited(service: Running, **limits: float) -> None:
    """Change limits of the connections that are served, and of those that come from now on."""
    listener = service.server.listener
    served = (Http1Connection, Http2Connection)
    for limited in (listener, *(each for each in listener.connections if isinstance(each, served))):
        limited.limits = replace(limited.limits, **limits)  # type: ignore[arg-type]


def headers(path: str = DIALOGS, **changed: str) -> list[tuple[str, str]]:
    """Return a call's headers, changed: `_` stands for a dash, an empty value for none."""
    sent = {
        ":method": "POST",
        ":scheme": "http",
        ":path": path,
        ":authority": "localhost",
        "te": "trailers",
        "content-type": "application/grpc",
        **IDENTITY,
        **{name.replace("_", "-"): value for name, value in changed.items()},
    }
    return [(name, value) for name, value in sent.items() if value]


def message(body: bytes = b"", *, compressed: int = 0, length: int | None = None) -> bytes:
    """Return a body with gRPC's prefix, which may lie."""
    return bytes([compressed]) + (len(body) if length is None else length).to_bytes(4) + body


class Answer:
    """What came back on one stream."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.data = b""
        self.reset: int | None = None
        self.ended = asyncio.Event()

    @property
    def status(self) -> int | None:
        status = self.headers.get("grpc-status")
        return None if status is None else int(status)

    @property
    def info(self) -> error_details_pb2.ErrorInfo:
        raw = decode_bin_value(self.headers["grpc-status-details-bin"].encode())
        found = error_details_pb2.ErrorInfo()
        for detail in status_pb2.Status.FromString(raw).details:
            if detail.Is(found.DESCRIPTOR):
                detail.Unpack(found)
        return found

    @property
    def reason(self) -> str:
        return self.info.reason.removeprefix("ERROR_REASON_")


class RawClient:
    """An HTTP/2 client that sends whatever the test says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.h2 = H2Connection(
            H2Configuration(
                header_encoding="utf-8",
                validate_outbound_headers=False,
                normalize_outbound_headers=False,
            )
        )
        self.answers: dict[int, Answer] = {}
        self.events: list[Event] = []
        self.gone: ConnectionTerminated | None = None
        self.silent = False
        self.fault: ProtocolError | None = None
        self.closed = asyncio.Event()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(
        cls, port: int, *, tls: ssl.SSLContext | None = None, greet: bool = True
    ) -> Self:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
        )
        client = cls(reader, writer)
        client.silent = not greet
        if greet:
            client.h2.initiate_connection()
            client.flush()
        return client

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        await asyncio.gather(self._writer.wait_closed(), return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def send(self, *frames: Frame | bytes) -> None:
        """Send frames past h2's rules."""
        self._writer.write(
            b"".join(item.serialize() if isinstance(item, Frame) else item for item in frames)
        )

    def flush(self) -> None:
        if self.silent:
            return
        self._writer.write(self.h2.data_to_send())

    def begin(self, sent: list[tuple[str, str]] | None = None, *, end: bool = False) -> int:
        """Open a stream; return its id."""
        stream: int = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self.h2.send_headers(stream, sent or headers(), end_stream=end)
        self.flush()
        return stream

    async def ended(self, stream: int, timeout: float = HANGS) -> Answer:
        ended = asyncio.ensure_future(self.answers[stream].ended.wait())
        closed = asyncio.ensure_future(self.closed.wait())
        await asyncio.wait((ended, closed), timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        closed.cancel()
        if not ended.done():
            ended.cancel()
            raise AssertionError(f"no answer: {self.gone} {self.fault!r}")
        return self.answers[stream]

    async def call(
        self, sent: list[tuple[str, str]] | None = None, body: bytes | None = None
    ) -> Answer:
        stream = self.begin(sent)
        self.h2.send_data(stream, message() if body is None else body, end_stream=True)
        self.flush()
        return await self.ended(stream)

    async def turned_away(self, timeout: float = HANGS) -> ConnectionTerminated:
        """Wait for the end of the connection; return how the service said so."""
        async with asyncio.timeout(timeout):
            await self.closed.wait()
        assert self.gone is not None, f"closed without a word: {self.fault!r}"
        return self.gone

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(65536):
                for event in self.h2.receive_data(data):
                    self._take(event)
                self.flush()
        except (OSError, ssl.SSLError):
            pass
        except ProtocolError as error:
            self.fault = error
        finally:
            self.closed.set()

    def _take(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, ConnectionTerminated):
            self.gone = event
            return
        answer = self.answers.get(getattr(event, "stream_id", 0) or 0)
        if answer is None:
            return
        if isinstance(event, ResponseReceived | TrailersReceived):
            answer.headers |= _text(event.headers)
        elif isinstance(event, DataReceived):
            answer.data += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            answer.ended.set()
        elif isinstance(event, StreamReset):
            answer.reset = int(event.error_code)
            answer.ended.set()


def _text(found: Any) -> Mapping[str, str]:
    return {str(name): str(value) for name, value in found}
