"""A service in memory, with users who have nothing yet: where tests play short scenarios."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from chat3_embedded.publishing import UpdatePublisher
from chat3_embedded.server import serve
from chat3_embedded.settings import Settings
from chat3_embedded.store import Store
from chat3_user.app import running
from chat3_user.config import composed
from chat3_user.updates.memory_broker import MemoryBroker
from scenario import model
from scenario.playing import MakeClient, Playing
from scenario.reference_client import Account, ReferenceClient
from scenario.stream_record import StreamRecord
from support.gateway import KEY


class Late(UpdatePublisher):
    """Publishes to a broker that is there only once the service runs."""

    def __init__(self) -> None:
        self.broker: MemoryBroker | None = None

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        assert self.broker is not None
        await self.broker.publish(routing_key, body, headers, timestamp_ms)


class Service:
    """A running service; each play has a tenant of its own."""

    def __init__(self, address: str, store: Store) -> None:
        self._address = address
        self._store = store
        self._plays = 0

    async def play(
        self,
        scenario: model.Scenario,
        folder: Path,
        kind: type[ReferenceClient] = ReferenceClient,
    ) -> model.Outcome:
        """Let a client of a kind play a scenario, without its pauses."""
        self._plays += 1
        tenant = f"tnt_{self._plays}"
        self._store.add_tenant(tenant)
        for user in scenario.users:
            self._store.add_user(tenant, user)
        make = self._clients(tenant, folder, kind)
        return await Playing("reference", scenario, make, pace=0.0).play()

    def _clients(self, tenant: str, folder: Path, kind: type[ReferenceClient]) -> MakeClient:
        def make(user: str, record: StreamRecord) -> ReferenceClient:
            account = Account(self._address, tenant, KEY, user)
            return kind(account, record, folder / f"{tenant}-{user}")

        return make


@asynccontextmanager
async def service() -> AsyncIterator[Service]:
    """Run a service within the block."""
    publisher = Late()
    with Store(":memory:") as store:
        store.add_key(KEY, ("read", "write", "delete"))
        settings = Settings(counter_delay=0.0)
        async with (
            serve(store=store, publisher=publisher, settings=settings) as url,
            running(composed(tenant_api_url=url, grpc_port=0, ops_port=0)) as gateway,
        ):
            assert isinstance(gateway.broker, MemoryBroker)
            publisher.broker = gateway.broker
            yield Service(f"127.0.0.1:{gateway.grpc_port}", store)


def scenario_of(users: Sequence[str], steps: Sequence[model.AnyStep]) -> model.Scenario:
    """Return a scenario of these steps between the starts of all users."""
    starts = [model.Start(by=user) for user in users]
    return model.Scenario(
        users=users, compared=model.Compared(statuses_of=["m1"]), steps=[*starts, *steps]
    )
