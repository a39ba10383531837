"""The updates of one user, or of a whole tenant, as an iterator that does not end."""

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self

import betterproto2
from grpclib.client import Channel

from chat3_api.chat3.user.v1 import (
    ConnectionEstablished,
    ResumeOutcome,
    StreamState,
    SubscribeUpdatesResponse,
    Update,
    UpdateKind,
)
from chat3_client.calls import Calls
from chat3_client.failures import Chat3Error, ResumeTokenRefusedError
from chat3_client.updates.attempts import Attempts, Closed, Lost
from chat3_client.updates.events import (
    Connected,
    ConnectionState,
    Disconnected,
    Event,
    Gap,
    StateChanged,
)
from chat3_client.updates.readers import OneReader
from chat3_client.updates.resume import MemoryStore, ResumeStore
from chat3_client.updates.seen import Seen

HEARTBEAT: Final = timedelta(seconds=10)
"""The longest silence that is asked for. After twice as long a stream counts as lost."""


@dataclass(frozen=True, slots=True)
class StreamKind:
    """Which method of the contract a stream calls."""

    method: str
    stub: Callable[[Channel], Any]
    open_: Callable[..., Any]
    """The method of the generated stub, not bound to one."""
    request: Callable[..., betterproto2.Message]


class UpdateStream:
    """Iterates over what happens: `async for event in client.updates(): …`.

    An event counts as dealt with when the next one is asked for: then its resume token is saved.
    Whoever breaks off before gets the update again, next time, from the same store. Waiting for an
    event may be cancelled, by `asyncio.timeout` for instance, and nothing is lost.
    """

    def __init__(
        self,
        calls: Calls,
        kind: StreamKind,
        *,
        store: ResumeStore | None = None,
        kinds: Iterable[UpdateKind] = (),
        dialog_ids: Iterable[str] = (),
        heartbeat: timedelta = HEARTBEAT,
        closed: Callable[["UpdateStream"], None] = lambda _: None,
    ) -> None:
        self.state = ConnectionState.CONNECTING
        """How the connection is."""
        self.resume_token = ""
        """The place behind the event that was handed out last, for those who keep it themselves."""
        self._kind = kind
        self._store = store or MemoryStore()
        self._filter = {"update_kinds": list(kinds), "dialog_ids": list(dialog_ids)}
        self._heartbeat = heartbeat
        self._attempts: Attempts[SubscribeUpdatesResponse] = Attempts(
            calls, kind.method, self._open, mends=self._mends
        )
        self._closed = closed
        self._loaded = False
        self._saved = ""
        self._seen = Seen()
        self._refused = ""
        self._first = True
        self._reader = OneReader()
        self._waiting: Event | None = None
        self._after_waiting = ""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """Return the next event.

        Raises `Chat3Error` when the stream fails in a way that no repetition helps: the API key is
        refused, the user is removed. Raises what the resume store raises, and `RuntimeError` when
        another task waits for an event.
        """
        with self._reader.reading():
            return await self._next_event()

    async def _next_event(self) -> Event:
        if self.state is ConnectionState.CLOSED:
            raise StopAsyncIteration
        await self.acknowledge()
        while True:
            try:
                event = await self._next()
            except Closed:
                raise StopAsyncIteration from None
            if event is not None:
                return event
            await self.acknowledge()

    async def responses(self) -> AsyncGenerator[SubscribeUpdatesResponse | Disconnected, None]:
        """Yield what the service sends, as it came and heartbeats too, in place of events.

        All else is as for events, but for one thing: of a resume token that was refused,
        `Disconnected.error` tells, and no `Gap` follows.
        """
        while self.state is not ConnectionState.CLOSED:
            try:
                with self._reader.reading():
                    await self.acknowledge()
                    response = await self._response()
            except Closed:
                return
            if isinstance(response, Disconnected):
                yield response
                continue
            event = self._event(response)
            self._waiting = None
            self.resume_token = response.resume_token or self.resume_token
            if response.update is None or event is not None:
                yield response

    async def acknowledge(self) -> None:
        """Save the place behind the last event, before a `break` for instance."""
        if not self._loaded:
            self.resume_token = self._saved = await self._store.load()
            self._loaded = True
        if self.resume_token != self._saved:
            await self._store.save(self.resume_token)
            self._saved = self.resume_token

    async def close(self) -> None:
        """End the stream. What was handed out last is not acknowledged by this."""
        self.state = ConnectionState.CLOSED
        await self._attempts.close()
        self._closed(self)

    aclose = close

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def _next(self) -> Event | None:
        """Return what the next response says; None when the application need not hear of it."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            # Only now: whoever breaks off before the gap begins without a token again.
            self.resume_token = self._after_waiting
            return waiting
        response = await self._response()
        if isinstance(response, Disconnected):
            return response
        event = self._event(response)
        if self._waiting is None:
            self.resume_token = response.resume_token or self.resume_token
        else:
            self._after_waiting = response.resume_token
        return event

    async def _response(self) -> SubscribeUpdatesResponse | Disconnected:
        try:
            return await self._attempts.next()
        except Lost as lost:
            self.state = ConnectionState.RECONNECTING
            return Disconnected(lost.error.reason, lost.retry_in, lost.error)
        except Chat3Error:
            await self.close()
            raise

    def _event(self, response: SubscribeUpdatesResponse) -> Event | None:
        if response.connection_established is not None:
            return self._connected(response.connection_established)
        if response.update is not None:
            update: Update = response.update
            return update if self._seen.is_new(update.user_id, update.update_id) else None
        if response.gap is not None:
            return Gap.of(response.gap)
        if response.heartbeat is not None:
            degraded = response.heartbeat.state is StreamState.DEGRADED
            return self._flows(ConnectionState.DEGRADED if degraded else ConnectionState.LIVE)
        return None  # of a newer service

    def _connected(self, established: ConnectionEstablished) -> Connected:
        self.state = ConnectionState.LIVE
        first, self._first = self._first, False
        if self._refused:
            # Without the token the stream begins now; what was missed is unknown.
            self._waiting, self._refused = Gap(self._refused), ""
            outcome = ResumeOutcome.RESUMED_WITH_GAP
        else:
            outcome = established.resume_outcome
        interval = established.heartbeat_interval or self._heartbeat
        return Connected(outcome, interval, established.connection_id, first)

    def _flows(self, state: ConnectionState) -> StateChanged | None:
        if state is self.state:
            return None
        self.state = state
        return StateChanged(state)

    def _open(self, channel: Channel, metadata: dict[str, str]) -> Any:
        request = self._kind.request(
            resume_token=self.resume_token, heartbeat_interval=self._heartbeat, **self._filter
        )
        return self._kind.open_(self._kind.stub(channel), request, metadata=metadata)

    def _mends(self, error: Chat3Error) -> bool:
        """Begin without the token that was refused; learn one where there is none."""
        if isinstance(error, ResumeTokenRefusedError) and self.resume_token:
            self.resume_token, self._refused = "", error.reason
            return True
        if not self.resume_token:
            self.resume_token = error.metadata.get("resume_token", "")
        return False
