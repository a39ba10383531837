"""Calls by the rules of docs/clients.md: one key for a thing, again while the failure may pass."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]
from google.rpc import error_details_pb2, status_pb2

from support.web_client import CallFailed, End, Form, WebClient

_DEADLINE: Final = 10.0
"""Seconds of one attempt."""

_PATIENCE: Final = 60.0
"""Seconds of a call with all its attempts: a caller who gave up sooner would be shown a failure."""

_PASSING: Final = ("UNAVAILABLE", "DEADLINE_EXCEEDED")
_LOST: Final = (aiohttp.ClientError, ConnectionError, asyncio.IncompleteReadError, TimeoutError)


@dataclass
class CallTally:
    """What became of calls: attempts that were repeated, and calls that failed, by reason."""

    made: int = 0
    attempts: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)

    def add(self, other: "CallTally") -> None:
        self.made += other.made
        self.attempts += other.attempts
        self.failed += other.failed
        self.seconds += other.seconds

    def __str__(self) -> str:
        times = sorted(self.seconds) or [0.0]
        p50, p99 = (times[int(len(times) * part)] for part in (0.5, 0.99))
        return (
            f"{self.made} calls, {sum(self.failed.values())} failed {dict(self.failed)},"
            f" attempts repeated: {dict(self.attempts.most_common())};"
            f" p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, longest {times[-1]:.1f} s"
        )


class PersistentCaller:
    """One client: it speaks gRPC, or the protocol of ``form``, to the port that ``port`` names."""

    def __init__(
        self,
        port: Callable[[], int],
        form: Form | None,
        metadata: Mapping[str, str],
        rng: random.Random,
        tally: CallTally,
    ) -> None:
        self._port = port
        self._form = form
        self._metadata = metadata
        self._rng = rng
        self._tally = tally
        self._channels: dict[int, Any] = {}
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close all connections."""
        for channel in self._channels.values():
            await channel.close()
        if self._session is not None:
            await self._session.close()

    async def call(self, path: str, request: Any, kind: Any) -> Any:
        """Return the answer; nothing when the failure cannot pass, or did not in time."""
        begun, pause = time.monotonic(), 0.1
        self._tally.made += 1
        while True:
            try:
                answer = await self._attempt(path, request, kind)
            except CallFailed as failed:
                end = failed.end
            else:
                self._tally.seconds.append(time.monotonic() - begun)
                return answer
            reason = end.reason or f"{end.status} {end.message[:60]}"
            passing = end.retry_after is not None or end.status in _PASSING
            if not passing or time.monotonic() - begun > _PATIENCE:
                self._tally.failed[reason] += 1
                return None
            self._tally.attempts[reason] += 1
            await asyncio.sleep(max(end.retry_after or 0.0, pause * self._rng.uniform(0.5, 1.0)))
            pause = min(2.0, pause * 2)

    async def _attempt(self, path: str, request: Any, kind: Any) -> Any:
        if self._form is None:
            return await self._by_grpc(path, request, kind)
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_DEADLINE))
        url = f"http://127.0.0.1:{self._port()}"
        try:
            answer, _ = await WebClient(self._session, url, self._form, self._metadata).call(
                path, request, kind
            )
        except _LOST as error:
            raise CallFailed(End("UNAVAILABLE", type(error).__name__)) from error
        return answer

    async def _by_grpc(self, path: str, request: Any, kind: Any) -> Any:
        port = self._port()
        if port not in self._channels:
            self._channels[port] = grpc.aio.insecure_channel(
                f"127.0.0.1:{port}",
                options=(
                    ("grpc.use_local_subchannel_pool", 1),
                    ("grpc.enable_retries", 0),
                    ("grpc.initial_reconnect_backoff_ms", 100),
                    ("grpc.max_reconnect_backoff_ms", 1000),
                ),
            )
        stub = self._channels[port].unary_unary(
            path,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=kind.FromString,
        )
        try:
            return await stub(request, metadata=tuple(self._metadata.items()), timeout=_DEADLINE)
        except grpc.aio.AioRpcError as error:
            raise CallFailed(_grpc_end(error)) from error


def _grpc_end(error: Any) -> End:
    end = End(error.code().name, error.details() or "")
    for name, value in error.trailing_metadata() or ():
        if name != "grpc-status-details-bin":
            continue
        for detail in status_pb2.Status.FromString(value).details:
            with suppress(TypeError):
                if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                    info = error_details_pb2.ErrorInfo.FromString(detail.value)
                    end.reason = info.reason.removeprefix("ERROR_REASON_")
                elif detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR):
                    retry = error_details_pb2.RetryInfo.FromString(detail.value)
                    end.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
    return end
