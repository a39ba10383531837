"""A foreign back end that watches several users on one stream, and keeps a token for each.

It watches and unwatches at random. What it sees of a user is noted as if the user had a stream of
their own: the checker judges every user alone.
"""

import asyncio
import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

import grpc  # type: ignore[import-untyped]
import grpc.aio  # type: ignore[import-untyped]

from support.faults.client import OPTIONS, StreamClient, gap_seen
from support.faults.history import (
    ClientHistory,
    Delivered,
    Ended,
    Established,
    HeartbeatSeen,
    Recorder,
)
from support.faults.wire import WATCH, enum_name, message_class

_PACKAGE = "chat3.tenant.v1"
_NOBODY = -1
"""The stream of what comes for a user whom nobody watches."""


class BackEnd(StreamClient):
    """One back end; ``histories`` are those of its users, who are of one tenant."""

    def __init__(
        self,
        recorder: Recorder,
        histories: Sequence[ClientHistory],
        port: int,
        key: str,
        rng: random.Random,
    ) -> None:
        super().__init__(recorder, histories[0], port, key, rng)
        self._users = {history.address.user: history for history in histories}
        self._tokens = dict.fromkeys(self._users, "")
        self._watched: dict[str, int] = {}
        self._asked: Any = None
        self._open = asyncio.Event()
        self._answered = asyncio.Event()

    @property
    def histories(self) -> Sequence[ClientHistory]:
        return list(self._users.values())

    @property
    def metadata(self) -> Mapping[str, str]:
        return {"x-api-key": self._key, "x-tenant-id": self.history.address.tenant}

    async def stream(self) -> Ended | None:
        """Open one stream, watch users on it until it ends, and return how it ended."""
        self._watched.clear()
        self._open.clear()
        self._silent = asyncio.get_running_loop().create_future()
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{self.port}", options=OPTIONS)
        call = channel.stream_stream(
            WATCH,
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=message_class("WatchUpdatesResponse", _PACKAGE).FromString,
        )(metadata=tuple(self.metadata.items()))
        reading = asyncio.ensure_future(self._read(call, ""))
        steering = asyncio.ensure_future(self._steer(call))
        try:
            waits: set[asyncio.Future[Any]] = {reading, self._silent}
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            return await reading if reading.done() else None
        finally:
            for task in (reading, steering):
                task.cancel()
            await asyncio.wait({reading, steering})
            self.live.clear()
            await channel.close()

    async def _steer(self, call: Any) -> None:
        """Watch and unwatch, one request after the other."""
        await self._open.wait()
        try:
            while True:
                request = self._next_request()
                if request is not None:
                    self._asked = request
                    self._answered.clear()
                    await call.write(request)
                    await self._answered.wait()
                await asyncio.sleep(self._rng.uniform(0.02, 0.3))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError, grpc.aio.UsageError):
            pass

    def _next_request(self) -> Any:
        request = message_class("WatchUpdatesRequest", _PACKAGE)(batch_id="b")
        request.heartbeat_interval.seconds = self._heartbeat
        away = [user for user in self._users if user not in self._watched]
        if self.restless:
            away = self._rng.sample(away, self._rng.randint(0, len(away)))
            request.unwatch.extend(user for user in self._watched if self._rng.random() < 0.2)
        for user in away:
            request.watch.add(user_id=user, resume_token=self._tokens[user])
        return request if away or request.unwatch else None

    def _sees(self, response: Any, resumed_from: str) -> None:
        """Note a response in the history of its user."""
        del resumed_from
        at, user, token = time.time(), response.user_id, response.resume_token
        stream = self._watched.get(user, _NOBODY)
        if user:
            self._tokens[user] = token
        match response.WhichOneof("event"):
            case "connection_established":
                self._open.set()
            case "acknowledged":
                self._applied(at, response.acknowledged)
            case "refused":
                self._answered.set()
            case "dropped":
                reason = enum_name("ErrorReason", response.dropped.reason)
                reason = reason.removeprefix("ERROR_REASON_")
                self._lost(user, Ended(at, stream, "DROPPED", reason, ""))
            case "update":
                update = response.update
                self._note(user, Delivered(at, stream, token, update.update_id, update.user_id))
            case "gap":
                self._note(user, gap_seen(at, stream, token, response.gap))
            case _ if user:
                state = enum_name("StreamState", response.heartbeat.state)
                self._note(user, HeartbeatSeen(at, stream, token, state))
        if len(self._watched) == len(self._users):
            self.live.set()
        else:
            self.live.clear()

    def _applied(self, at: float, answer: Any) -> None:
        asked = {each.user_id: each.resume_token for each in self._asked.watch}
        for user in self._asked.unwatch:
            self._watched.pop(user, None)
        for watched in answer.watched:
            self._stream += 1
            user, self._watched[watched.user_id] = watched.user_id, self._stream
            self._tokens[user] = watched.resume_token
            outcome = enum_name("ResumeOutcome", watched.resume_outcome)
            outcome = outcome.removeprefix("RESUME_OUTCOME_")
            self._note(
                user,
                Established(at, self._stream, watched.resume_token, asked[user], outcome),
            )
        self._answered.set()

    def _note(self, user: str, event: Any) -> None:
        self._recorder.saw(self._users[user], event)

    def _lost(self, user: str, ended: Ended) -> None:
        self._watched.pop(user, None)
        self._note(user, ended)

    def _ends(self, ended: Ended) -> None:
        for user in tuple(self._watched):
            self._lost(user, ended)
        if ended.reason == "INTERNAL":
            self._recorder.saw(self.history, ended)
