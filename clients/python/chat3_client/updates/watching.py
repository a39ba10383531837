"""The updates of many users on one stream, which connects again and goes on for each of them."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from typing import Any, Final

from grpclib.client import Channel

from chat3_api.chat3.tenant.v1 import (
    TenantServiceStub,
    UserToWatch,
    WatchAcknowledged,
    WatchRefused,
    WatchUpdatesRequest,
    WatchUpdatesResponse,
)
from chat3_api.chat3.user.v1 import ConnectionEstablished, ErrorReason, ResumeOutcome
from chat3_client.calls import Calls
from chat3_client.updates.attempts import Attempts
from chat3_client.updates.events import Connected, ConnectionState, Disconnected, Gap
from chat3_client.updates.reconnecting import Reconnecting
from chat3_client.updates.seen import Seen
from chat3_client.updates.watch_events import (
    MemoryUserStore,
    Unwatched,
    UserStore,
    Watched,
    WatchEvent,
)
from chat3_client.values import wire_name

BATCH: Final = 500
"""How many users are asked for at once; the contract allows 1,000."""

_FIRST: Final = "0"
"""The request that asks for the heartbeat, and for nobody."""
_OF_THE_TOKEN: Final = (
    ErrorReason.RESUME_TOKEN_INVALID,
    ErrorReason.RESUME_TOKEN_FOREIGN,
)


class WatchedUsers(Reconnecting[WatchUpdatesResponse, WatchEvent]):
    """Iterates over what happens to many users.

    As with a stream of one user, an event counts as dealt with when the next one is asked for. A
    user whom the service drops, because the stream was read too slowly, is watched again from the
    same place.
    """

    def __init__(
        self,
        calls: Calls,
        users: Iterable[str],
        *,
        store: UserStore | None,
        heartbeat: timedelta,
        closed: Callable[[Any], None] = lambda _: None,
    ) -> None:
        method = "chat3.tenant.v1.TenantService/WatchUpdates"
        super().__init__(Attempts(calls, method, self._open), closed)
        self._store = store or MemoryUserStore()
        self._heartbeat = heartbeat
        self._wanted: dict[str, None] = dict.fromkeys(user.lower() for user in users)
        self._refused: dict[str, str] = {}
        self._tokens: dict[str, str] = {}
        self._reached: dict[str, str] = {}
        self._ready: deque[WatchEvent] = deque()
        self._unasked: dict[str, None] = {}
        self._requests: asyncio.Queue[WatchUpdatesRequest] = asyncio.Queue()
        self._asked: dict[str, WatchUpdatesRequest] = {}
        self._number = 0
        self._first = True
        self._seen = Seen()

    @property
    def users(self) -> list[str]:
        """The users who are to be watched."""
        return list(self._wanted)

    async def watch(self, *users: str) -> None:
        """Watch more users; a `Watched` says when a user's updates begin."""
        fresh = [user for user in (each.lower() for each in users) if user not in self._wanted]
        self._wanted |= dict.fromkeys(fresh)
        self._unasked |= dict.fromkeys(fresh)
        if self._open_now:
            await self._ask()

    async def unwatch(self, *users: str) -> None:
        """Watch users no longer. What the service has sent already still comes."""
        gone = [user for user in (each.lower() for each in users) if user in self._wanted]
        for user in gone:
            del self._wanted[user]
            self._unasked.pop(user, None)
        if gone and self._open_now:
            self._send(WatchUpdatesRequest(unwatch=gone))

    async def acknowledge(self) -> None:
        """Save the place behind the last event, before a `break` for instance."""
        while self._reached and not self._ready:
            user_id, token = next(iter(self._reached.items()))
            await self._store.save(user_id, token)
            self._tokens[user_id] = token
            del self._reached[user_id]

    @property
    def _open_now(self) -> bool:
        return self.state in {ConnectionState.LIVE, ConnectionState.DEGRADED}

    async def _next(self) -> WatchEvent | None:
        if not self._ready:
            response = await self._response()
            if isinstance(response, Disconnected):
                return response
            self._take(response)
        return self._ready.popleft() if self._ready else None

    def _is_news(self, response: WatchUpdatesResponse) -> bool:
        self._take(response)
        is_news = response.update is None or bool(self._ready)
        self._ready.clear()
        return is_news

    async def _response(self) -> WatchUpdatesResponse | Disconnected:
        if self._open_now:
            await self._ask()
        return await super()._response()

    def _take(self, response: WatchUpdatesResponse) -> None:
        user_id = response.user_id
        if response.connection_established is not None:
            self._connected(response.connection_established)
        elif response.acknowledged is not None:
            self._acknowledged(response.acknowledged)
        elif response.refused is not None:
            self._refuse(response.refused)
        elif response.dropped is not None:
            self._dropped(user_id, response.dropped.reason, response.resume_token)
        elif response.update is not None:
            if self._seen.is_new(user_id, response.update.update_id):
                self._ready.append(response.update)
        elif response.gap is not None:
            self._ready.append(Gap.of(response.gap, user_id))
        elif response.heartbeat is not None and (change := self._flows(response.heartbeat)):
            self._ready.append(change)
        if user_id and response.resume_token and user_id in self._wanted:
            self._reached[user_id] = response.resume_token

    def _connected(self, established: ConnectionEstablished) -> None:
        self.state = ConnectionState.LIVE
        self._unasked = dict(self._wanted)
        first, self._first = self._first, False
        unsaid, heartbeat = ResumeOutcome.UNSPECIFIED, self._heartbeat
        self._ready.append(Connected(unsaid, heartbeat, established.connection_id, first))

    def _acknowledged(self, acknowledged: WatchAcknowledged) -> None:
        self._asked.pop(acknowledged.batch_id, None)
        if acknowledged.batch_id == _FIRST:
            self._attempts.beats(self._heartbeat)
        for watched in acknowledged.watched:
            user_id, outcome = watched.user_id, watched.resume_outcome
            reason = self._refused.pop(user_id, "")
            self._ready.append(
                Watched(user_id, ResumeOutcome.RESUMED_WITH_GAP if reason else outcome)
            )
            if reason:
                # Without the token the user's updates begin now; what was missed is unknown.
                self._ready.append(Gap(reason, user_id=user_id))
            # A token to go on from for a user of whom nothing more comes. One who resumes has it.
            if not self._tokens.get(user_id):
                self._reached[user_id] = watched.resume_token

    def _refuse(self, refused: WatchRefused) -> None:
        """Ask again for the users of a refused request, without the one who was the reason."""
        request = self._asked.pop(refused.batch_id, None)
        if request is None:
            return
        users = [user.user_id for user in request.watch if user.user_id in self._wanted]
        reason = wire_name(refused.reason)
        if refused.reason in _OF_THE_TOKEN and refused.user_id in users:
            self._refused[refused.user_id] = reason
            self._tokens[refused.user_id] = ""
        elif refused.retry_delay is not None:
            delay = refused.retry_delay.total_seconds()
            asyncio.get_running_loop().call_later(delay, self._ask_later, self._requests, users)
            return
        else:
            gone = [refused.user_id] if refused.user_id in users else users
            for user in gone:
                del self._wanted[user]
                self._ready.append(Unwatched(user, reason, refused.message))
            users = [user for user in users if user not in gone]
        self._unasked |= dict.fromkeys(users)

    def _ask_later(self, requests: "asyncio.Queue[WatchUpdatesRequest]", users: list[str]) -> None:
        """Ask for users whose time has come, if their stream is still the present one."""
        if requests is self._requests and self._open_now:
            self._request([user for user in users if user in self._wanted])

    def _dropped(self, user_id: str, reason: ErrorReason, token: str) -> None:
        if user_id not in self._wanted:
            return
        if reason is ErrorReason.SLOW_CONSUMER:
            self._tokens[user_id] = token
            self._unasked[user_id] = None
        else:
            del self._wanted[user_id]
            self._ready.append(Unwatched(user_id, wire_name(reason)))

    async def _ask(self) -> None:
        """Ask for the users who have not been asked for. May be cancelled: they stay."""
        while missing := [user for user in self._unasked if user not in self._tokens]:
            self._tokens[missing[0]] = await self._store.load(missing[0])
        wanted, self._unasked = list(self._unasked), {}
        self._request(wanted)

    def _request(self, users: list[str]) -> None:
        for at in range(0, len(users), BATCH):
            watch = [
                UserToWatch(user_id=user, resume_token=self._tokens.get(user, ""))
                for user in users[at : at + BATCH]
            ]
            self._send(WatchUpdatesRequest(watch=watch))

    def _send(self, request: WatchUpdatesRequest) -> None:
        self._number += 1
        request.batch_id = str(self._number)
        self._asked[request.batch_id] = request
        self._requests.put_nowait(request)

    def _open(self, channel: Channel, metadata: dict[str, str]) -> Any:
        self._requests, self._asked = asyncio.Queue(), {}
        return TenantServiceStub(channel).watch_updates(self._sent(), metadata=metadata)

    async def _sent(self) -> AsyncIterator[WatchUpdatesRequest]:
        """Yield what is to be asked on the present stream, beginning with the heartbeat."""
        requests = self._requests
        yield WatchUpdatesRequest(batch_id=_FIRST, heartbeat_interval=self._heartbeat)
        while True:
            yield await requests.get()
