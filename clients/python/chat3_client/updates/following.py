"""The updates of one user, or of a whole tenant, as an iterator that does not end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import betterproto2
from grpclib.client import Channel

from chat3_api.chat3.user.v1 import (
    ConnectionEstablished,
    ResumeOutcome,
    SubscribeUpdatesResponse,
    Update,
    UpdateKind,
)
from chat3_client.calls import Calls
from chat3_client.failures import Chat3Error, ResumeTokenRefusedError
from chat3_client.updates.attempts import Attempts
from chat3_client.updates.events import (
    Connected,
    ConnectionState,
    Disconnected,
    Event,
    Gap,
)
from chat3_client.updates.reconnecting import Reconnecting
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


class UpdateStream(Reconnecting[SubscribeUpdatesResponse, Event]):
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
        closed: Callable[[Any], None] = lambda _: None,
    ) -> None:
        super().__init__(Attempts(calls, kind.method, self._open, mends=self._mends), closed)
        self.resume_token = ""
        """The place behind the event that was handed out last, for those who keep it themselves."""
        self._kind = kind
        self._store = store or MemoryStore()
        self._filter = {"update_kinds": list(kinds), "dialog_ids": list(dialog_ids)}
        self._heartbeat = heartbeat
        self._loaded = False
        self._saved = ""
        self._seen = Seen()
        self._refused = ""
        self._first = True
        self._waiting: Event | None = None
        self._after_waiting = ""

    async def acknowledge(self) -> None:
        """Save the place behind the last event, before a `break` for instance."""
        if not self._loaded:
            self.resume_token = self._saved = await self._store.load()
            self._loaded = True
        if self.resume_token != self._saved:
            await self._store.save(self.resume_token)
            self._saved = self.resume_token

    aclose = Reconnecting.close

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

    def _is_news(self, response: SubscribeUpdatesResponse) -> bool:
        event = self._event(response)
        self._waiting = None
        self.resume_token = response.resume_token or self.resume_token
        return response.update is None or event is not None

    def _event(self, response: SubscribeUpdatesResponse) -> Event | None:
        if response.connection_established is not None:
            return self._connected(response.connection_established)
        if response.update is not None:
            update: Update = response.update
            return update if self._seen.is_new(update.user_id, update.update_id) else None
        if response.gap is not None:
            return Gap.of(response.gap)
        if response.heartbeat is not None:
            return self._flows(response.heartbeat)
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
