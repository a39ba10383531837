"""A client that keeps the advertised limit to the letter, and always has as many calls as it may.

It counts a stream as RFC 9113 does: open from its HEADERS until both sides have ended it or one has
reset it, by the frames that this client has sent and read.
"""

import asyncio
import time
from collections import Counter

from edge_vocabulary import headers, message
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    RemoteSettingsChanged,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.settings import SettingCodes


class StrictClient:
    """Makes ``calls`` calls on one connection, ``at_once`` at a time; use `run`."""

    def __init__(self, calls: int, at_once: int, sent: list[tuple[str, str]] | None = None) -> None:
        self.outcomes: Counter[str] = Counter()
        self.seconds: list[float] = []
        self._left = calls
        self._at_once = at_once
        self._sent = sent or headers()
        self._open: dict[int, float] = {}
        self._status: dict[int, str] = {}
        self._limit = 0
        self._h2 = H2Connection(H2Configuration(header_encoding="utf-8"))

    async def run(self, port: int) -> Counter[str]:
        """Return how often each outcome came: a gRPC status, or `reset` with its code."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._h2.initiate_connection()
        writer.write(self._h2.data_to_send())
        try:
            while self._left or self._open:
                data = await reader.read(65536)
                if not data:
                    self.outcomes["connection lost"] += len(self._open) + self._left
                    break
                for event in self._h2.receive_data(data):
                    self._take(event)
                self._fill()
                writer.write(self._h2.data_to_send())
        finally:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        return self.outcomes

    def p99(self) -> float:
        """Return the 99th percentile of the calls' durations, in seconds."""
        ordered = sorted(self.seconds)
        return ordered[int(len(ordered) * 0.99)]

    def _take(self, event: object) -> None:
        if isinstance(event, RemoteSettingsChanged):
            changed = event.changed_settings.get(SettingCodes.MAX_CONCURRENT_STREAMS)
            if changed is not None:
                self._limit = changed.new_value
        elif isinstance(event, ResponseReceived | TrailersReceived):
            for name, value in event.headers:
                if name == "grpc-status":
                    self._status[event.stream_id] = str(value)
        elif isinstance(event, DataReceived):
            self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, StreamEnded):
            self._ended(event.stream_id, self._status.pop(event.stream_id, "no status"))
        elif isinstance(event, StreamReset):
            self._ended(event.stream_id, f"reset {int(event.error_code)}")
        elif isinstance(event, ConnectionTerminated):
            self.outcomes[f"goaway {event.error_code}"] += 1

    def _ended(self, stream: int, outcome: str) -> None:
        begun = self._open.pop(stream, None)
        if begun is not None:
            self.seconds.append(time.perf_counter() - begun)
            self.outcomes[outcome] += 1

    def _fill(self) -> None:
        while self._left and len(self._open) < min(self._at_once, self._limit):
            stream = self._h2.get_next_available_stream_id()
            self._open[stream] = time.perf_counter()
            self._left -= 1
            self._h2.send_headers(stream, self._sent)
            self._h2.send_data(stream, message(), end_stream=True)
