"""Streams of many users on the workers of `catch_up_simulation`, and what their users are owed."""

import asyncio
from datetime import timedelta

import betterproto2
from catch_up_simulation import Client, World

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason, Gap, ResumeOutcome, Update
from chat3_user.errors import reasons
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.settings import StreamSettings
from chat3_user.updates.fanout.watch import Watch
from chat3_user.updates.fanout.watch_stream import Silence, watch_responses
from chat3_user.updates.fanout.watching import Batch, WatchedUsers
from chat3_user.wire import Encoded

TENANT = "t"
_LONG = timedelta(seconds=300)


class BackEnd:
    """One stream of many users, sent by a task of its own; what was sent waits to be read."""

    def __init__(self, world: World, hub: Hub) -> None:
        self.world = world
        self.watched: dict[str, Client] = {}
        self.reading = asyncio.Event()
        self.reading.set()
        self._hub = hub
        self._inbox: list[bytes] = []
        self._gap_owed: set[str] = set()
        self._silence = Silence(_LONG)
        self._begun: dict[str, int] = {}
        self._asked: list[tuple[dict[str, Client], list[str]]] = []
        self._answers = 0
        self.watch: Watch = hub.watch(self._sent_now)
        self._users = WatchedUsers(hub, self.watch, TENANT, lambda _: None)
        self._sender = asyncio.ensure_future(self._send())

    @property
    def held(self) -> set[str]:
        """The users whose position may move on here: not only by what the client has read."""
        asked = self._asked[self._answers :]
        pending = {user for joining, leaving in asked for user in (*joining, *leaving)}
        return pending | self.watched.keys() | self.watch.users.keys()

    def _sent_now(self, encoded: Encoded) -> bool:
        if not self.reading.is_set():
            return False
        self._inbox.append(encoded)
        return True

    async def _send(self) -> None:
        stream = watch_responses(self._hub, self.watch, "c", self._silence, StreamSettings())
        async for batch in stream:
            while batch:
                await self.reading.wait()
                self._inbox.append(batch.pop(0))
                await asyncio.sleep(0)

    async def changes(self, watch: list[Client], unwatch: list[Client]) -> None:
        """Send a batch; its answer may be read much later."""
        joining = {client.address[1]: client for client in watch}
        leaving = [client.address[1] for client in unwatch]
        tokens = {user: client.token for user, client in joining.items()}
        batch = Batch(str(len(self._asked)), tokens, frozenset(leaving))
        self._asked.append((joining, leaving))
        await self._users.apply(batch, self._users.check(batch))
        for client in watch:
            client.begun = True
        self._begun |= dict.fromkeys(joining, self.world.moment())

    async def beats(self) -> None:
        """Have every user who is silent hear of it, once."""
        self._silence.interval = timedelta(0)
        self.watch.nudge()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self._silence.interval = _LONG

    async def reads(self) -> None:
        """Read all that the service sends now."""
        quiet = 0
        while quiet < 5:
            await asyncio.sleep(0)
            quiet = quiet + 1 if not self._inbox else 0
            inbox, self._inbox = self._inbox, []
            for message in inbox:
                self._sees(pb.WatchUpdatesResponse.parse(bytes(message)))
        assert self._sender.done() is False or self._sender.exception() is None

    def _sees(self, response: pb.WatchUpdatesResponse) -> None:
        event = betterproto2.which_one_of(response, "event")[1]
        if isinstance(event, pb.WatchAcknowledged):
            assert int(event.batch_id) == self._answers
            joining, leaving = self._asked[self._answers]
            self._answers += 1
            for user in leaving:
                self.watched.pop(user, None)
            for watched in event.watched:
                client = joining[watched.user_id]
                assert (watched.resume_outcome is ResumeOutcome.FRESH) == (not client.token)
                client.token = watched.resume_token
                self.watched[watched.user_id] = client
                if watched.resume_outcome is ResumeOutcome.RESUMED_WITH_GAP:
                    self._gap_owed.add(watched.user_id)
            return
        if not response.user_id:
            return
        found = self.watched[response.user_id]
        match event:
            case Update() as update:
                assert update.user_id == response.user_id
                self.world._take(found, update.update_id)
            case Gap() as gap:
                self._gap_owed.discard(response.user_id)
                self.world._excuse(found, gap.reason, self._begun[response.user_id])
            case pb.UserDropped() as dropped:
                assert dropped.reason is ErrorReason.SLOW_CONSUMER
                del self.watched[response.user_id]
        found.token = response.resume_token

    async def closes(self) -> None:
        """Leave; what has not been read is not lost."""
        self.watch.end(reasons.internal())
        self._sender.cancel()
        await asyncio.gather(self._sender, return_exceptions=True)
        for joining, _ in self._asked[self._answers :]:
            for client in joining.values():
                if not client.token:
                    # It has heard nothing of a beginning: nothing has begun.
                    self.world.forgets(client)
        self._users.close()
        self._hub.watches.discard(self.watch)
        self.watched.clear()
        assert self.watch.buffered == 0
