"""What integration tests say of streams of many users."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import betterproto2
from grpclib.const import Cardinality
from grpclib.exceptions import GRPCError, ProtocolError, StreamTerminatedError
from integration_vocabulary import Caller, Failure, failure

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ConnectionEstablished, Gap, ResumeOutcome, Update
from support.patience import HANGS

PATH = "/chat3.tenant.v1.TenantService/WatchUpdates"


class Watcher:
    """A back end with one stream, which is read all the time; it notes what came, by user."""

    def __init__(self, stream: Any) -> None:
        self.tokens: dict[str, str] = {}
        self.outcomes: dict[str, ResumeOutcome] = {}
        self.updates: dict[str, list[Update]] = defaultdict(list)
        self.gaps: dict[str, list[Gap]] = defaultdict(list)
        self.beats: dict[str, int] = defaultdict(int)
        self.dropped: dict[str, pb.UserDropped] = {}
        self.responses: list[pb.WatchUpdatesResponse] = []
        self.established: ConnectionEstablished | None = None
        self.failure: Failure | None = None
        self.ended = False
        self.reading = asyncio.Event()
        self.reading.set()
        self._answers: dict[str, pb.WatchAcknowledged | pb.WatchRefused] = {}
        self._stream = stream
        self._batches = 0
        self._news = asyncio.Event()

    async def read(self) -> None:
        """Read until the stream ends."""
        try:
            while True:
                await self.reading.wait()
                response = await self._stream.recv_message()
                if response is None:
                    # grpclib wants this side to have ended first, whatever the other has said.
                    with suppress(StreamTerminatedError, ProtocolError):
                        await self._stream.end()
                    await self._stream.recv_trailing_metadata()
                    raise AssertionError("a stream ended with OK")
                self._saw(response)
        except GRPCError as error:
            self.failure = failure(error)
        finally:
            self.ended = True
            self._news.set()

    def _saw(self, response: pb.WatchUpdatesResponse) -> None:
        self.responses.append(response)
        user = response.user_id
        if user:
            assert response.resume_token
            self.tokens[user] = response.resume_token
        match betterproto2.which_one_of(response, "event")[1]:
            case ConnectionEstablished() as established:
                assert len(self.responses) == 1
                self.established = established
            case Update() as update:
                assert update.user_id == user
                self.updates[user].append(update)
            case Gap() as gap:
                self.gaps[user].append(gap)
            case pb.WatchAcknowledged() as answer:
                self._answers[answer.batch_id] = answer
                for watched in answer.watched:
                    self.tokens[watched.user_id] = watched.resume_token
                    self.outcomes[watched.user_id] = watched.resume_outcome
            case pb.WatchRefused() as answer:
                self._answers[answer.batch_id] = answer
            case pb.UserDropped() as dropped:
                self.dropped[user] = dropped
            case _:
                self.beats[user] += 1
        self._news.set()

    async def sees(self, what: Any) -> None:
        """Wait until ``what()`` is true."""
        async with asyncio.timeout(HANGS):
            while not what():
                assert not self.ended, self.failure
                self._news.clear()
                await self._news.wait()

    async def ends(self) -> Failure:
        """Wait for the end of the stream; return how it failed."""
        async with asyncio.timeout(HANGS):
            while not self.ended:
                self._news.clear()
                await self._news.wait()
        assert self.failure is not None
        return self.failure

    async def send(
        self,
        watch: Iterable[str] | Mapping[str, str] = (),
        unwatch: Iterable[str] = (),
        heartbeat: float | None = None,
        **more: Any,
    ) -> str:
        """Send a request; return what names it."""
        self._batches += 1
        name = str(self._batches)
        tokens = watch if isinstance(watch, Mapping) else dict.fromkeys(watch, "")
        request = pb.WatchUpdatesRequest(
            batch_id=name,
            watch=[
                pb.UserToWatch(user_id=user, resume_token=token) for user, token in tokens.items()
            ],
            unwatch=list(unwatch),
            heartbeat_interval=None if heartbeat is None else timedelta(seconds=heartbeat),
        )
        for field, value in more.items():
            setattr(request, field, value)
        await self._stream.send_message(request)
        return name

    async def answer(self, name: str) -> pb.WatchAcknowledged | pb.WatchRefused:
        """Wait for the answer to a request."""
        await self.sees(lambda: name in self._answers)
        return self._answers[name]

    async def watch(self, *users: str, **tokens: str) -> pb.WatchAcknowledged:
        """Watch users, from now on or from their tokens."""
        return await self.applied(await self.send({**dict.fromkeys(users, ""), **tokens}))

    async def applied(self, name: str) -> pb.WatchAcknowledged:
        answer = await self.answer(name)
        assert isinstance(answer, pb.WatchAcknowledged), answer
        return answer

    async def refused(self, name: str) -> pb.WatchRefused:
        answer = await self.answer(name)
        assert isinstance(answer, pb.WatchRefused), answer
        return answer

    def ids(self, user: str) -> list[str]:
        return [update.update_id for update in self.updates[user]]

    async def half_close(self) -> None:
        await self._stream.end()

    async def cancel(self) -> None:
        with suppress(StreamTerminatedError):
            await self._stream.cancel()


@asynccontextmanager
async def watching(caller: Caller) -> AsyncIterator[Watcher]:
    """Hold a stream of many users that is established; leaving the block cancels it."""
    async with caller.channel.request(
        PATH,
        Cardinality.STREAM_STREAM,
        pb.WatchUpdatesRequest,
        pb.WatchUpdatesResponse,
        metadata=caller.metadata,
    ) as stream:
        await stream.send_request()
        watcher = Watcher(stream)
        reader = asyncio.create_task(watcher.read())
        try:
            await watcher.sees(lambda: watcher.established is not None)
            yield watcher
        finally:
            if not watcher.ended:
                await watcher.cancel()
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
