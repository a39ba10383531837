"""Two workers on one log, streams of a tenant, and the log itself, which says what each must get.

What a stream must get behind a place in the log follows from the log alone: the tenant's updates
that its filter lets pass, in order, without those that stood there just before, and the gaps.
"""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, NamedTuple

from chat3_api.chat3.tenant.v1 import SubscribeTenantUpdatesResponse
from chat3_api.chat3.user.v1 import Gap, GapReason, ResumeOutcome, Update
from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.updates.broker import GAP, LogEntry, LogPosition, LogUnreadableError
from chat3_user.updates.decoded import DecodedUpdate
from chat3_user.updates.fanout.following import entries
from chat3_user.updates.fanout.following.entries import tenant_scope
from chat3_user.updates.fanout.following.stream import tenant_responses
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.settings import BufferLimits, HubSettings, StreamSettings
from chat3_user.updates.log.tokens import decode_token
from chat3_user.updates.memory_broker import MemoryLog
from support.faults.publisher import recorded_templates
from support.hub import Puppet
from support.patience import HANGS

TEMPLATES = recorded_templates()
DIALOG = "dlg_ydilh8cuh0grd04mctjy"
"""The dialog of all recorded updates."""

DIALOGS = (DIALOG, "dlg_00000000000000000000")
TENANTS = ("t", "elsewhere")
USERS = ("alice", "bob")
SETTINGS = HubSettings(buffer=BufferLimits(count=5))
NEVER = StreamSettings(max_age=3600, recheck_interval=3600)


class Log:
    """A worker's view of the log of all, which can fail it."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.broken = asyncio.Event()
        self.reads = 0

    async def end(self) -> LogPosition:
        _check(self.broken)
        return await self.log.end()

    async def read(
        self, after: LogPosition, until: LogPosition, look_back: int = 0
    ) -> AsyncGenerator[LogEntry, None]:
        log, broken = self.log, self.broken
        self.reads += 1
        _check(broken)
        async for entry in log.read(after, until, look_back):
            yield entry
            await asyncio.sleep(0)
            _check(broken)

    async def follow(self, after: LogPosition) -> AsyncGenerator[list[LogEntry], None]:
        log, broken = self.log, self.broken
        _check(broken)
        async with aclosing(log.follow(after)) as batches:
            while True:
                batch = asyncio.ensure_future(anext(batches))
                breaks = asyncio.ensure_future(broken.wait())
                try:
                    await asyncio.wait({batch, breaks}, return_when=asyncio.FIRST_COMPLETED)
                    _check(broken)
                    yield await batch
                finally:
                    for task in (batch, breaks):
                        task.cancel()
                    await asyncio.gather(batch, breaks, return_exceptions=True)


def _check(broken: asyncio.Event) -> None:
    if broken.is_set():
        raise LogUnreadableError("the connection was lost")


class Worker:
    """A hub that follows the log of all."""

    def __init__(self, log: MemoryLog) -> None:
        self.broker = Puppet()
        self.log = self.broker._log = Log(log)  # type: ignore[assignment]
        self.hub = Hub(self.broker, UpdateDecoder().decode, address_of, SETTINGS)


@dataclass(frozen=True)
class Due:
    """What a stream must get next: an update, or a gap, and the place behind it."""

    offset: int
    update: tuple[str, str] | None


class _Logged(NamedTuple):
    """What stands in the log for the tenant: an update that is named, or a gap."""

    entry: LogEntry
    decoded: DecodedUpdate | None
    identity: tuple[str, str] | None


class Client:
    """A chain of streams with one filter; ``token`` is that of the last response it has read."""

    def __init__(self, world: "World", wanted: Filter) -> None:
        self.token = ""
        self.got = 0
        self.gaps: list[GapReason] = []
        self._world = world
        self._wanted = wanted
        self._epoch = 0
        self._stream: AsyncGenerator[list[Any], None] | None = None
        self._stack = AsyncExitStack()
        self._unread: list[SubscribeTenantUpdatesResponse] = []

    @property
    def position(self) -> LogPosition:
        found = decode_token(self.token, tenant_scope("t"), 2**52).position
        assert found is not None
        return found

    async def open(self, worker: int) -> None:
        """Come back with the token, to some worker."""
        await self.close()
        hub = self._world.workers[worker].hub
        token = hub.read_token(self.token, "t", "")
        follower = self._stack.enter_context(hub.tenants.follower("t", self._wanted))
        self._stream = tenant_responses(
            hub.tenants, follower, token, "c", timedelta(seconds=30), NEVER, _allowed
        )  # type: ignore[assignment]
        first = await self._next()
        assert first.connection_established is not None
        outcome = first.connection_established.resume_outcome
        if token is None:
            assert outcome is ResumeOutcome.FRESH
            self._epoch = self._world.epoch
        else:
            # A worker may remember what the log has dropped.
            lost = not self._world.holds(self.position)
            assert outcome is ResumeOutcome.RESUMED or (
                lost and outcome is ResumeOutcome.RESUMED_WITH_GAP
            ), (self.position, lost)
        self.token = first.resume_token

    async def close(self) -> None:
        """Break the stream off; what was sent and not read is lost."""
        if self._stream is not None:
            await self._stream.aclose()
        self._stream = None
        self._unread.clear()
        await self._stack.aclose()

    async def read(self, most: int = 1_000_000) -> None:
        """Read what is due, at most so many responses; each is judged."""
        if self._stream is None:
            return
        for _ in range(most):
            due = self._due()
            if not self._unread and not due and self._epoch == self._world.epoch:
                return
            response = await self._next()
            if response.heartbeat is not None:
                self._judge_heartbeat(response)
            elif response.gap is not None and response.gap.reason is not GapReason.LOG_UNREADABLE:
                self._judge_gap(response.gap)
            elif response.update is None or not self._comes_again(response):
                assert due, f"nothing is due, {response} came"
                assert self._update(response) == due[0].update, (response, due[0])
                self.token = response.resume_token
                assert self.position.offset == due[0].offset
                self.got += 1
            self.token = response.resume_token

    def _comes_again(self, response: SubscribeTenantUpdatesResponse) -> bool:
        """Return whether the log has dropped that the update stood there before."""
        token, self.token = self.token, response.resume_token
        position, self.token = self.position, token
        return self._world.forgot(self._epoch, position)

    def _update(self, response: SubscribeTenantUpdatesResponse) -> tuple[str, str] | None:
        update = response.update
        return None if update is None else (update.user_id, update.update_id)

    def _judge_gap(self, gap: Gap) -> None:
        """Judge a gap: the place of the client is not there any more."""
        assert not self._world.holds(self.position), f"{self.position} is there"
        self._epoch = self._world.epoch
        self.gaps.append(gap.reason)

    def _judge_heartbeat(self, response: SubscribeTenantUpdatesResponse) -> None:
        assert response.heartbeat is not None
        before = self._due()
        token, self.token = self.token, response.resume_token
        after, self.token = self._due(), token
        assert before == after, "a heartbeat has passed over an update"

    def _due(self) -> list[Due]:
        return self._world.due(self._epoch, self.position, self._wanted)

    async def _next(self) -> SubscribeTenantUpdatesResponse:
        assert self._stream is not None
        async with asyncio.timeout(HANGS):
            while not self._unread:
                batch = await anext(self._stream)
                self._unread = [
                    SubscribeTenantUpdatesResponse.parse(bytes(encoded)) for encoded in batch
                ]
                batch.clear()
        return self._unread.pop(0)


async def _allowed() -> None:
    """Let every stream stay open."""


class World:
    """The log, its whole history, and workers."""

    def __init__(self) -> None:
        self.log = MemoryLog("epoch 0", 100_000)
        self.workers: list[Worker] = []
        self.clients: list[Client] = []
        self._histories: list[list[_Logged]] = [[]]
        self._decoder = UpdateDecoder()
        self._numbers = count()

    async def open(self) -> None:
        self.workers = [Worker(self.log) for _ in range(2)]
        for worker in self.workers:
            await worker.hub.open()

    async def close(self) -> None:
        for client in self.clients:
            await client.close()
        for worker in self.workers:
            await worker.hub.close()

    # What happens to the log.

    def update(self, template: int, tenant: str, user: str, dialog: str) -> bytes:
        number = next(self._numbers)
        recorded = TEMPLATES[template % len(TEMPLATES)].body
        made = {**recorded, "tenantId": tenant, "userId": user, "eventId": f"evt_{number}"}
        return json.dumps(made).replace(DIALOG, dialog).encode()

    def publish(self, *bodies: bytes) -> None:
        for body in bodies:
            self.log.append(body)
            self._logged()

    def note(self, body: bytes) -> None:
        """Let a worker note something in the log, which has it once."""
        body += b" %d" % next(self._numbers)
        self.log.append(body, is_update=False)
        self._logged()

    def _logged(self) -> None:
        entry = self.log._entries[-1]
        decoded = self._decoder.decode(entry.body) if entry.is_update else None
        if decoded is not None and decoded.tenant_id == "t":
            self._histories[-1].append(_Logged(entry, decoded, _identity(decoded)))
        elif entry.is_gap:
            self._histories[-1].append(_Logged(entry, None, None))

    def hole(self) -> None:
        self.note(GAP)

    def trim(self, number: int) -> None:
        for _ in range(min(number, len(self.log._entries) - 1)):
            self.log._entries.popleft()

    def replace_log(self) -> None:
        """Delete the log; every worker that reads it is told by the broker."""
        self._histories.append([])
        self.log = MemoryLog(f"epoch {self.epoch}", 100_000)
        for worker in self.workers:
            broken, worker.log.broken = worker.log.broken, asyncio.Event()
            worker.log.log = self.log
            broken.set()

    async def restart(self, index: int) -> None:
        """Kill a worker with its streams."""
        for client in self.clients:
            await client.close()
        await self.workers[index].hub.close()
        self.workers[index] = Worker(self.log)
        await self.workers[index].hub.open()

    # What is true.

    @property
    def epoch(self) -> int:
        """The number of logs there were before this one."""
        return len(self._histories) - 1

    def holds(self, position: LogPosition) -> bool:
        """Return whether the log has a place."""
        return any(
            entry.offset == position.offset and entry.position == position
            for entry in self.log._entries
        )

    def forgot(self, epoch: int, position: LogPosition) -> bool:
        """Return whether an update is there again, and nothing that the log holds says so."""
        logged = self._histories[epoch]
        (identity,) = (one.identity for one in logged if one.entry.offset == position.offset)
        before = [
            one.entry.offset
            for one in logged
            if one.identity == identity
            and 0 < position.offset - one.entry.offset < entries.LOOK_BACK
        ]
        return bool(before) and before[-1] < self.log._entries[0].offset

    def due(self, epoch: int, after: LogPosition, wanted: Filter) -> list[Due]:
        """Return what a stream must get behind a place in a log, as long as that holds it."""
        last: dict[tuple[str, str], int] = {}
        found: list[Due] = []
        for entry, decoded, identity in self._histories[epoch]:
            if decoded is None or identity is None:
                found.append(Due(entry.offset, None))
            elif wanted.admits(decoded):
                before = last.get(identity)
                last[identity] = entry.offset
                if before is None or entry.offset - before >= entries.LOOK_BACK:
                    found.append(Due(entry.offset, identity))
        return [due for due in found if due.offset > after.offset]


def _identity(decoded: DecodedUpdate) -> tuple[str, str]:
    update = Update.parse(bytes(decoded.update))
    return update.user_id, update.update_id
