"""What happened, as publishers and clients saw it; the checker judges nothing else."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Address(NamedTuple):
    """Whom an update is for; tenants share user ids."""

    tenant: str
    user: str


@dataclass(slots=True)
class Publication:
    """An update given to the broker; times are Unix seconds.

    ``number`` counts what ``publisher`` published. ``confirmed`` is `None` as long as the broker
    has not taken responsibility: such an update may arrive, and may not.
    """

    update_id: str
    address: Address
    publisher: str
    number: int
    droppable: bool
    started: float
    confirmed: float | None = None


@dataclass(frozen=True, slots=True)
class Established:
    """A stream began; ``resumed_from`` is the token it was asked to go on from, or empty.

    ``outcome`` is what the service said became of the token: FRESH, RESUMED or RESUMED_WITH_GAP.
    """

    at: float
    stream: int
    token: str
    resumed_from: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A catch-up was answered, and the answer handled; what it held follows.

    The call began at ``begun``. ``resumed_from`` is as of a stream, ``token`` the one to store.
    """

    at: float
    stream: int
    token: str
    resumed_from: str
    begun: float
    has_more: bool


@dataclass(frozen=True, slots=True)
class Delivered:
    """An update arrived."""

    at: float
    stream: int
    token: str
    update_id: str
    user: str


@dataclass(frozen=True, slots=True)
class GapSeen:
    """A gap arrived; its bounds are Unix seconds."""

    at: float
    stream: int
    token: str
    reason: str
    from_time: float | None
    to_time: float


@dataclass(frozen=True, slots=True)
class HeartbeatSeen:
    """A heartbeat arrived."""

    at: float
    stream: int
    token: str
    state: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A stream ended; ``token`` is what the error offers to go on from."""

    at: float
    stream: int
    status: str
    reason: str
    token: str
    text: str = ""


Event = Established | Asked | Delivered | GapSeen | HeartbeatSeen | Ended


@dataclass(slots=True)
class ClientHistory:
    """All that one logical client saw, stream after stream."""

    name: str
    address: Address
    events: list[Event] = field(default_factory=list)


class Recorder:
    """Collects the history while it happens, and wakes who waits for it to go on.

    ``streams`` is how many have begun.
    """

    def __init__(self) -> None:
        self.publications: dict[str, Publication] = {}
        self.clients: list[ClientHistory] = []
        self.streams = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def published(self, publication: Publication) -> None:
        """Note an update that is about to be published."""
        self.publications[publication.update_id] = publication

    def client(self, name: str, address: Address) -> ClientHistory:
        """Begin the history of a client."""
        history = ClientHistory(name, address)
        self.clients.append(history)
        return history

    def saw(self, client: ClientHistory, event: Event) -> None:
        """Note what a client saw."""
        client.events.append(event)
        self.streams += isinstance(event, Established)
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def changed(self) -> None:
        """Wait until a client sees something."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    def delivered(self, client: ClientHistory) -> Iterable[str]:
        """Return the ids of the updates a client got."""
        return (event.update_id for event in client.events if isinstance(event, Delivered))
