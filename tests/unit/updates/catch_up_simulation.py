"""Two workers on one log, clients that come by stream and by call, and what each is owed."""

import asyncio
import json
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count

from chat3_api.chat3.user.v1 import (
    GapReason,
    ListUpdatesResponse,
    SubscribeUpdatesResponse,
    UpdateKind,
)
from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.updates.broker import GAP
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.items import Filter
from chat3_user.updates.fanout.settings import HubSettings, TailLimits
from chat3_user.updates.log.tokens import Token, decode_token, scope_of
from chat3_user.updates.memory_broker import MemoryLog
from chat3_user.wire import encode
from support.faults.publisher import recorded_templates
from support.hub import Puppet, streamed
from support.patience import HANGS

TEMPLATES = recorded_templates()
DIALOG = "dlg_ydilh8cuh0grd04mctjy"
"""The dialog of all recorded updates."""

SHORT_MEMORY = HubSettings(tail=TailLimits(count=8))

DIALOGS = (DIALOG, "dlg_00000000000000000000")
ADDRESSES = (("t", "alice"), ("t", "bob"), ("elsewhere", "alice"))


@dataclass(frozen=True)
class Published:
    """An update: whose it is, its place among those of its publisher, and where the log has it."""

    update_id: str
    address: tuple[str, str]
    publisher: str
    number: int
    wanted_by: frozenset[str]
    droppable: bool = False


@dataclass
class Client:
    """One logical client, with the filter it always uses; ``owed`` is what it has not had.

    ``excused`` may still come, and need not; nothing else may.
    """

    name: str
    address: tuple[str, str]
    wanted: Filter
    token: str = ""
    got: list[str] = field(default_factory=list)
    owed: list[Published] = field(default_factory=list)
    excused: list[Published] = field(default_factory=list)
    begun: bool = False
    """Whether updates are owed although the client has no token yet."""

    @property
    def position(self) -> Token:
        return decode_token(self.token, scope_of(*self.address), 2**52)


class Worker:
    """A hub with a queue of its own on the log of all."""

    def __init__(self, log: MemoryLog, settings: HubSettings) -> None:
        self.broker = Puppet()
        self.broker._log = log
        self.hub = Hub(self.broker, UpdateDecoder().decode, address_of, settings)


class World:
    """Everything; after each act the clients have been judged.

    ``drops`` says that clients may be so slow that typing indicators are dropped.
    """

    def __init__(self, settings: HubSettings = SHORT_MEMORY, *, drops: bool = False) -> None:
        self.settings = settings
        self._drops = drops
        self.log = MemoryLog("epoch 0", 100_000)
        self.workers: list[Worker] = []
        self.clients: list[Client] = []
        self.published: dict[str, Published] = {}
        self._holes: list[int] = []
        self._epochs = 0
        self._numbers = count()
        self._decoder = UpdateDecoder()

    async def open(self) -> None:
        self.workers = [Worker(self.log, self.settings) for _ in range(2)]
        for worker in self.workers:
            await worker.hub.open()

    async def close(self) -> None:
        for worker in self.workers:
            await worker.hub.close()

    def client(self, address: tuple[str, str], wanted: Filter) -> None:
        self.clients.append(Client(f"c{len(self.clients)}", address, wanted))

    # What happens to updates.

    def update(
        self, template: int, address: tuple[str, str], dialog: str, publisher: str
    ) -> tuple[Published, bytes]:
        """Make an update, and note who is owed it."""
        number = next(self._numbers)
        recorded = TEMPLATES[template % len(TEMPLATES)].body
        tenant, user = address
        made = {**recorded, "tenantId": tenant, "userId": user, "eventId": f"evt_{number}"}
        text = json.dumps(made).replace(DIALOG, dialog)
        made, body = json.loads(text), text.encode()
        decoded = self._decoder.decode(body)
        assert decoded is not None
        wanted_by = frozenset(
            client.name
            for client in self.clients
            if client.address == address
            and (not client.wanted.kinds or decoded.kind in client.wanted.kinds)
            and (
                not client.wanted.dialog_ids
                or not decoded.dialog_id
                or decoded.dialog_id in client.wanted.dialog_ids
            )
        )
        update_id = f"evt_{number}:{made['updateType']}:{made['entityId']}"
        droppable = self._drops and decoded.kind is UpdateKind.TYPING
        update = Published(update_id, address, publisher, number, wanted_by, droppable)
        return update, body

    def publish(self, *updates: tuple[Published, bytes], swapped: bool = False) -> None:
        """Let updates reach the log in this order, and the queues perhaps in another."""
        for update, body in updates:
            if update.update_id not in self.published:
                self.published[update.update_id] = update
                for client in self.clients:
                    if client.name in update.wanted_by:
                        self._note(client, update)
            self.log.append(body)
        for worker in self.workers:
            bodies = [body for _, body in updates]
            worker.broker.queue += bodies[::-1] if swapped else bodies
            if worker.broker.flowing:
                worker.broker.flow()

    def _note(self, client: Client, update: Published) -> None:
        due = client.token or client.begun
        (client.owed if due and not update.droppable else client.excused).append(update)

    # What happens to workers and the log.

    async def restart(self, index: int) -> None:
        await self.workers[index].hub.close()
        self.workers[index] = Worker(self.log, self.settings)
        await self.workers[index].hub.open()

    def hold(self, index: int) -> None:
        self.workers[index].broker.flowing = False

    def flow(self) -> None:
        for worker in self.workers:
            worker.broker.flow()

    def forget_feeds(self, index: int) -> None:
        """Let the grace period of all feeds end."""
        feeds = self.workers[index].hub._feeds
        for feed in feeds:
            if not feed.subscriptions:
                feeds.remove(feed)

    async def watermark(self, index: int) -> None:
        hub = self.workers[index].hub
        await hub._watermarks.renew(lambda: hub.live)

    def lose_queue(self, index: int, kept: int) -> None:
        """Lose the broker, and what waits in a queue behind the first ``kept``; have it back."""
        broker = self.workers[index].broker
        del broker.queue[kept:]
        broker.flow()
        broker.sink.lost()
        broker.sink.regained(complete=False)

    def moment(self) -> int:
        """Return a number between those of what was published before and after."""
        return next(self._numbers)

    def hole(self) -> None:
        """Say in the log that updates may be missing."""
        body = GAP + str(next(self._numbers)).encode()
        self._holes.append(self.log.append(body, is_update=False).offset)

    def trim(self, count: int) -> None:
        for _ in range(min(count, len(self.log._entries) - 1)):
            self.log._entries.popleft()

    async def replace_log(self) -> None:
        """Delete the log while no worker runs."""
        self.flow()
        await self.close()
        self._epochs += 1
        self._holes.clear()
        self.log = MemoryLog(f"epoch {self._epochs}", 100_000)
        await self.open()

    # What clients do.

    def forgets(self, client: Client) -> None:
        """Have a client begin anew: what is old may be on its way to a queue that is behind."""
        client.token, client.begun = "", False
        client.got.clear()
        client.owed.clear()
        client.excused = [
            update for update in self.published.values() if client.name in update.wanted_by
        ]

    async def call(self, client: Client, index: int, size: int, *, lost: bool = False) -> bool:
        """Ask once; return whether more waits. A ``lost`` answer leaves the client as it was."""
        hub, token = self.workers[index].hub, client.token
        read = hub.read_token(token, *client.address)
        page = await hub.catch_ups.page(client.address, read, client.wanted, size)
        answer = ListUpdatesResponse.parse(bytes(encode(page)))
        assert len(answer.updates) <= size
        assert answer.next_resume_token
        if lost:
            return True
        if answer.gap is not None:
            self._excuse(client, answer.gap.reason)
        for update in answer.updates:
            self._take(client, update.update_id)
        client.token = answer.next_resume_token
        if not answer.has_more:
            assert client.owed == [], f"{client.name} lost {client.owed}"
        return answer.has_more

    async def stream(self, client: Client, index: int, most: int) -> None:
        """Hold a stream until all that is owed has come, or ``most`` responses have."""
        hub = self.workers[index].hub
        read, taken = hub.read_token(client.token, *client.address), 0
        # What a held queue has not delivered cannot come live.
        self.workers[index].broker.flow()
        try:
            async with (
                asyncio.timeout(HANGS),
                aclosing(streamed(hub, client.address, read, client.wanted)) as responses,
            ):
                async for response in responses:
                    self._sees(client, response)
                    taken += 1
                    if taken >= most or not client.owed:
                        break
        except TimeoutError:
            raise AssertionError(f"{client.name} waits for {client.owed}") from None

    def _sees(self, client: Client, response: SubscribeUpdatesResponse) -> None:
        if response.gap is not None:
            self._excuse(client, response.gap.reason)
        if response.update is not None:
            self._take(client, response.update.update_id)
        client.token = response.resume_token

    def _take(self, client: Client, update_id: str) -> None:
        update = self.published[update_id]
        assert update.address == client.address
        assert client.name in update.wanted_by, f"{client.name} did not want {update}"
        assert update_id not in client.got, f"{client.name} got {update_id} twice"
        due = next((due for due in (client.owed, client.excused) if update in due), None)
        assert due is not None, f"{client.name} is not owed {update}"
        sooner = [
            other
            for other in client.owed
            if other.publisher == update.publisher and other.number < update.number
        ]
        assert not sooner, f"{client.name} got {update} before {sooner}"
        later = [self.published[other] for other in client.got]
        assert not any(
            other.publisher == update.publisher and other.number > update.number for other in later
        ), f"{client.name} got {update} after a later one"
        due.remove(update)
        client.got.append(update_id)

    def _excuse(self, client: Client, reason: GapReason, before: int | None = None) -> None:
        """Judge a gap: it must be true, and excuses what it was true of.

        What was published ``before`` it was made, when it was made long ago, may have followed it.
        """
        place = client.position
        assert place.position is not None
        entries = self.log._entries
        index = place.position.offset - entries[0].offset
        if reason is GapReason.LOG_UNREADABLE:
            # Nothing is missing behind such a gap: here the log has all there is.
            assert any(hole > place.position.offset for hole in self._holes), (
                f"{client.name} at {place} was told of a hole that is not among {self._holes}"
            )
            return
        if reason is GapReason.EXPIRED:
            assert index < 0
        else:
            assert reason is GapReason.LOG_REPLACED
            there = 0 <= index < len(entries)
            of_another = not there or entries[index].position != place.position
            assert of_another or not place.complete
        if before is not None:
            client.excused += [update for update in client.owed if update.number < before]
        client.owed = [u for u in client.owed if before is not None and u.number >= before]
