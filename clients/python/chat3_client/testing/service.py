"""Runs the service for tests and makes clients of it."""

import secrets
from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from chat3_client.client import Chat3Client
from chat3_client.tenant import TenantClient
from chat3_embedded.publishing import UpdatePublisher
from chat3_embedded.server import serve
from chat3_embedded.settings import Settings
from chat3_embedded.store import Store
from chat3_user.app import running
from chat3_user.config import composed
from chat3_user.updates.memory_broker import MemoryBroker

TENANT: Final = "tnt_test"
API_KEY: Final = "test-key"
READ_ONLY_KEY: Final = "test-read-only-key"
USERS: Final = ("alice", "bob", "carl")


class TestService:
    """A running service; `client` and `tenant_client` make clients that it closes at its end."""

    __test__ = False  # not a test class, whatever pytest makes of its name

    def __init__(self, address: str, store: Store, stack: AsyncExitStack) -> None:
        self.address = address
        self.tenant = TENANT
        self.api_key = API_KEY
        self.read_only_key = READ_ONLY_KEY
        self._store = store
        self._stack = stack

    def client(self, user: str, **options: Any) -> Chat3Client:
        """Make a client of one user; ``options`` are those of `Chat3Client`."""
        given = {"api_key": self.api_key, "tenant": self.tenant, "user": user, **options}
        client = Chat3Client(self.address, **given)
        self._stack.push_async_callback(client.close)
        return client

    def tenant_client(self, **options: Any) -> TenantClient:
        """Make a client of the back end; ``options`` are those of `TenantClient`."""
        given = {"api_key": self.api_key, "tenant": self.tenant, **options}
        client = TenantClient(self.address, **given)
        self._stack.push_async_callback(client.close)
        return client

    def add_user(self, user: str, *, name: str = "") -> None:
        """Add a user to the tenant, as the platform's own interface does."""
        meta = {"displayName": name} if name else {}
        self._store.add_user(self.tenant, user, meta=meta)

    def add_dialog(self, *members: str, title: str = "") -> str:
        """Add a dialog with these users as members, without an update of it; return its id."""
        for user in members:
            if self._store.users.get(self.tenant, user) is None:
                self.add_user(user)
        dialog = self._store.add_dialog(self.tenant, meta={"title": title} if title else {})
        for user in members:
            self._store.add_member(self.tenant, dialog.dialog_id, user)
        return dialog.dialog_id

    @property
    def environment(self) -> dict[str, str]:
        """The variables that `from_environment` reads, but the user; for programs of a test."""
        return {
            "CHAT3_ADDRESS": self.address,
            "CHAT3_TENANT": self.tenant,
            "CHAT3_API_KEY": self.api_key,
        }


class _LatePublisher(UpdatePublisher):
    """Hands updates to the service's broker, which is made after the platform."""

    def __init__(self) -> None:
        self.broker: MemoryBroker | None = None

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        """Publish one update."""
        if self.broker is not None:
            await self.broker.publish(routing_key, body, headers, timestamp_ms)


@asynccontextmanager
async def running_service(
    users: Iterable[str] = USERS, **settings: Any
) -> AsyncIterator[TestService]:
    """Run a service for the block, with one tenant and these users.

    ``settings`` are the service's own, in small letters, such as ``stream_max_age=5``.
    """
    publisher = _LatePublisher()
    async with AsyncExitStack() as stack:
        store = stack.enter_context(Store(":memory:"))
        store.add_tenant(TENANT)
        store.add_key(API_KEY, ("read", "write", "delete"))
        store.add_key(READ_ONLY_KEY, ("read",))
        for user in users:
            store.add_user(TENANT, user)
        url = await stack.enter_async_context(
            serve(store=store, publisher=publisher, settings=Settings(counter_delay=0.01))
        )
        token_key = b64encode(secrets.token_bytes(32)).decode()
        given = {
            "grpc_port": 0,
            "ops_port": 0,
            "idempotency_database": ":memory:",
            "token_keys": f"test:{token_key}",
            **settings,
        }
        service = await stack.enter_async_context(running(composed(tenant_api_url=url, **given)))
        if isinstance(service.broker, MemoryBroker):
            publisher.broker = service.broker
        await service.ready()
        clients = await stack.enter_async_context(AsyncExitStack())
        yield TestService(f"127.0.0.1:{service.grpc_port}", store, clients)
