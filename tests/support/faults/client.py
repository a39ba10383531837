"""A foreign client that keeps its last token, comes back with it, and notes all it sees."""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]

from support.faults.history import (
    ClientHistory,
    Delivered,
    Ended,
    Established,
    Event,
    GapSeen,
    HeartbeatSeen,
    Recorder,
)
from support.faults.wire import SUBSCRIBE, enum_name, error_info, message_class, retry_after

OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.enable_retries", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # A window of 64 KiB that does not grow, so that who stops reading is soon a slow client.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 65_535),
)
_SILENCE = 2.4
"""Heartbeats without a response after which a client gives a stream up."""

_NEVER_AGAIN = ("RESUME_TOKEN_INVALID", "RESUME_TOKEN_FOREIGN")


class StreamClient:
    """One logical client. ``port`` is where it connects next; ``offered`` says how often it goes on
    from the token an error offers instead of the last one it read. One that is ``restless`` changes
    by itself what it listens to, where it can; one that ``heeds`` comes back when failures say."""

    def __init__(
        self,
        recorder: Recorder,
        history: ClientHistory,
        port: int,
        key: str,
        rng: random.Random,
        *,
        heartbeat: int = 5,
        offered: float = 0.5,
        back_off: tuple[float, float] = (0.01, 0.3),
        heeds: bool = False,
    ) -> None:
        self.history = history
        self.port = port
        self.token = ""
        self.live = asyncio.Event()
        self.reading = asyncio.Event()
        self.reading.set()
        self.restless = True
        self.lag = 0.0
        self.update_kinds: tuple[int, ...] = ()
        self._recorder = recorder
        self._key = key
        self._rng = rng
        self._heartbeat = heartbeat
        self._silence = _SILENCE * heartbeat
        self._offered = offered
        self._back_off = back_off
        self._heeds = heeds
        self._hint = 0.0
        self._stream = 0
        self._silent: asyncio.Future[None] | None = None

    @property
    def histories(self) -> Sequence[ClientHistory]:
        """What it saw: one history, where it is one user."""
        return [self.history]

    @property
    def metadata(self) -> Mapping[str, str]:
        tenant, user = self.history.address
        return {"x-api-key": self._key, "x-tenant-id": tenant, "x-user-id": user}

    async def run(self) -> None:
        """Hold a stream open until cancelled."""
        while True:
            self._hint = 0.0
            await self.stream()
            await asyncio.sleep(max(self._rng.uniform(*self._back_off), self._hint))

    async def stream(self) -> Ended | None:
        """Open one stream, read it to its end, and return how it ended.

        Nothing is returned when the client itself walked away by `vanish`.
        """
        self._silent = asyncio.get_running_loop().create_future()
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.port}", options=OPTIONS)
        call = self._call(channel)
        reading = asyncio.ensure_future(self._read(call, self.token))
        try:
            waits: set[asyncio.Future[Any]] = {reading, self._silent}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else None
        finally:
            reading.cancel()
            await asyncio.wait({reading})
            self.live.clear()
            await channel.close()

    def next_request(self) -> Any:
        """Begin another stream; return what it asks for."""
        self._stream += 1
        return self._request()

    def _request(self) -> Any:
        request = message_class("SubscribeUpdatesRequest")(
            resume_token=self.token, update_kinds=self.update_kinds
        )
        request.heartbeat_interval.seconds = self._heartbeat
        return request

    def _call(self, channel: Any) -> Any:
        """Ask for a stream that goes on from the token."""
        return channel.unary_stream(
            SUBSCRIBE,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class("SubscribeUpdatesResponse").FromString,
        )(self.next_request(), metadata=tuple(self.metadata.items()))

    def vanish(self) -> None:
        """Leave the stream without a word; the proxy must have been told to abandon its links."""
        if self._silent is not None and not self._silent.done():
            self._silent.set_result(None)

    async def _read(self, call: Any, resumed_from: str) -> Ended:
        silent = False
        try:
            while True:
                await self.reading.wait()
                if self.lag:
                    await asyncio.sleep(self.lag)
                async with asyncio.timeout(self._silence):
                    response = await call.read()
                if response is grpc.aio.EOF:
                    break
                self._sees(response, resumed_from)
        except TimeoutError:
            silent = True
            call.cancel()
        except grpc.aio.AioRpcError:
            pass
        return await self._ended(call, silent=silent)

    async def _ended(self, call: Any, *, silent: bool) -> Ended:
        code = await call.code()
        reason = ""
        metadata: dict[str, str] = {}
        for key, value in await call.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                reason, metadata = error_info(value)
                self._wait(retry_after(value))
        return self.conclude(
            Ended(
                time.time(),
                self._stream,
                "SILENT" if silent else code.name,
                reason,
                metadata.get("resume_token", ""),
                await call.details() or "",
            )
        )

    def _wait(self, hint: float) -> None:
        """Wait so long before the next stream, for a client that heeds what a failure says."""
        if self._heeds:
            self._hint = hint

    def conclude(self, ended: Ended) -> Ended:
        """Note the end of a stream, and with which token the next one begins."""
        self._ends(ended)
        if ended.token and self._rng.random() < self._offered:
            self.token = ended.token
        if ended.reason in _NEVER_AGAIN:
            self.token = ""
        return ended

    def _sees(self, response: Any, resumed_from: str) -> None:
        """Note a response, and keep its token."""
        self._saw(self._event(response, resumed_from))
        self.token = response.resume_token

    def _ends(self, ended: Ended) -> None:
        """Note the end of a stream."""
        self._saw(ended)

    def _saw(self, event: Event) -> None:
        self._recorder.saw(self.history, event)

    def _event(self, response: Any, resumed_from: str) -> Event:
        at, token = time.time(), response.resume_token
        match response.WhichOneof("event"):
            case "connection_established":
                self.live.set()
                established = response.connection_established
                outcome = enum_name("ResumeOutcome", established.resume_outcome)
                outcome = outcome.removeprefix("RESUME_OUTCOME_")
                return Established(at, self._stream, token, resumed_from, outcome)
            case "update":
                update = response.update
                return Delivered(at, self._stream, token, update.update_id, update.user_id)
            case "gap":
                return gap_seen(at, self._stream, token, response.gap)
            case _:
                state = enum_name("StreamState", response.heartbeat.state)
                return HeartbeatSeen(at, self._stream, token, state)


def gap_seen(at: float, stream: int, token: str, gap: Any) -> GapSeen:
    """Return what is noted of a gap."""
    return GapSeen(
        at,
        stream,
        token,
        enum_name("GapReason", gap.reason),
        _seconds(gap.from_time) if gap.HasField("from_time") else None,
        _seconds(gap.to_time),
    )


def _seconds(timestamp: Any) -> float:
    return float(timestamp.seconds) + float(timestamp.nanos) / 1e9


async def stopped(task: "asyncio.Task[None]") -> None:
    """End a task and wait for its end."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
