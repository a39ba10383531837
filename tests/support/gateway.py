"""The service and the embedded tenant-api as tests run them: real sockets, free ports."""

import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import aiormq
from aiormq.exceptions import AMQPError

from chat3_embedded.prototype import ObjectPrototype
from chat3_embedded.publishing import AmqpPublisher, NullPublisher, UpdatePublisher
from chat3_embedded.server import serve
from chat3_embedded.settings import DEFAULT_PLATFORM, Settings
from chat3_embedded.store import Store
from chat3_user.app import Running, running
from chat3_user.config import composed
from chat3_user.finished_call import Observer
from chat3_user.telemetry import OFF, Tracing

TOKEN_KEYS = "test:" + "dGVz" * 10 + "dGU="
"""Keys of tokens, the same for all services of the tests."""

_LEASE = 30.0
"""Seconds: longer than a machine stands still."""

TENANT, OTHER_TENANT = "tnt_one", "tnt_two"
KEY, READ_KEY, WRITE_KEY, NO_KEY = "key-all", "key-read", "key-write", "key-none"


@dataclass(frozen=True)
class Upstream:
    url: str
    store: Store
    publisher: AmqpPublisher
    prototype: ObjectPrototype = field(default_factory=ObjectPrototype)

    def dialog(
        self, *members: str, tenant: str = TENANT, meta: dict[str, Any] | None = None
    ) -> str:
        """Make a dialog with its users and return its id."""
        for user in members:
            if self.store.users.get(tenant, user) is None:
                self.store.add_user(tenant, user)
        record = self.store.add_dialog(tenant, meta=meta or {})
        for user in members:
            self.store.add_member(tenant, record.dialog_id, user)
        return record.dialog_id


@dataclass(frozen=True)
class Gateway:
    running: Running

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.running.grpc_port}"

    @property
    def ops(self) -> str:
        return f"http://127.0.0.1:{self.running.ops_port}"


def metadata(user: str, *, tenant: str = TENANT, key: str = KEY) -> dict[str, str]:
    return {"x-api-key": key, "x-tenant-id": tenant, "x-user-id": user}


@asynccontextmanager
async def run_upstream(
    rabbitmq_url: str,
    *,
    platform: str = DEFAULT_PLATFORM,
    publishes: Callable[[AmqpPublisher], UpdatePublisher] = lambda publisher: publisher,
    **settings: Any,
) -> AsyncIterator[Upstream]:
    """Run the embedded tenant-api; without a broker it drops its updates."""
    with Store(":memory:") as store:
        for tenant in (TENANT, OTHER_TENANT):
            store.add_tenant(tenant)
        store.add_key(KEY, ("read", "write", "delete"))
        store.add_key(READ_KEY, ("read",))
        store.add_key(WRITE_KEY, ("write",))
        store.add_key(NO_KEY, ())
        publisher = AmqpPublisher(rabbitmq_url)
        prototype = ObjectPrototype()
        async with serve(
            store=store,
            publisher=publishes(publisher) if rabbitmq_url else NullPublisher(),
            settings=Settings(platform=platform, counter_delay=0.01, **settings),
            prototype=prototype,
        ) as url:
            yield Upstream(url, store, publisher, prototype)
        await publisher.close()


@asynccontextmanager
async def run_gateway(
    tenant_api_url: str,
    rabbitmq_url: str,
    observers: Sequence[Observer] = (),
    *,
    tracing: Tracing = OFF,
    **settings: Any,
) -> AsyncIterator[Gateway]:
    """Run the service in this process; without a broker's address it has one within."""
    # A log of its own, unless named: what other tests publish is not replayed here.
    log = settings.pop("rabbitmq_updates_log", f"log_{secrets.token_hex(4)}")
    if "redis_url" not in settings:
        # A call that is stopped for longer than the lease of its key says that it does not know.
        # At a new Redis, calls wait for the end of a lease.
        settings.setdefault("idempotency_lease", _LEASE)
    config = composed(
        grpc_port=0,
        ops_port=0,
        tenant_api_url=tenant_api_url,
        rabbitmq_url=rabbitmq_url,
        rabbitmq_updates_log=log,
        **{
            "demo": not rabbitmq_url,
            "idempotency_database": ":memory:",
            "token_keys": TOKEN_KEYS,
            **settings,
        },
    )
    async with running(config, observers, tracing) as service:
        await service.ready()
        yield Gateway(service)
    if not rabbitmq_url:
        return
    # Else every later test's updates would be written into it too.
    with suppress(AMQPError, OSError):
        async with await aiormq.connect(rabbitmq_url) as connection:
            channel = await connection.channel()
            await channel.queue_delete(log)
            await channel.exchange_delete(f"{log}.running")
