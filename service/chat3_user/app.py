"""The composition root: every part is created, opened and closed here."""

import asyncio
import logging
import multiprocessing
import random
import secrets
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from chat3_user import edge
from chat3_user.calls import CallChain
from chat3_user.config import Config
from chat3_user.demo.platform import DemoPlatform, demo_platform
from chat3_user.demo.welcome import print_welcome
from chat3_user.domain.access import Access
from chat3_user.domain.deleted import DeletedMessages
from chat3_user.domain.past_marks import PastMarks
from chat3_user.domain.sent_messages import SentMessages
from chat3_user.domain.traces import Traces
from chat3_user.domain.writes import Writes
from chat3_user.errors import reasons
from chat3_user.idempotency import Claims, Once, Store, Times
from chat3_user.idempotency.place import database
from chat3_user.idempotency.redis import RedisStore
from chat3_user.idempotency.sqlite import SqliteStore
from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.metrics import Metrics
from chat3_user.ops import create_ops_app
from chat3_user.rpc import UserService
from chat3_user.server import GrpcServer
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.recovery import RecoveryApi
from chat3_user.tenant_api.resilience import ResilienceSettings, Resilient
from chat3_user.tenant_api.transport import Http
from chat3_user.tls import ServerTls
from chat3_user.updates.amqp.broker import AmqpBroker
from chat3_user.updates.broker import Broker
from chat3_user.updates.delivery_limits import DeliveryLimits
from chat3_user.updates.fanout.hub import Hub
from chat3_user.updates.fanout.settings import HubSettings
from chat3_user.updates.fanout.stream import StreamSettings
from chat3_user.updates.fanout.subscription import BufferLimits
from chat3_user.updates.memory_broker import MemoryBroker

log = logging.getLogger(__name__)

_DELIVERIES = DeliveryLimits()
"""The broker and the hub go by the same."""


@dataclass(frozen=True, slots=True)
class Running:
    """A running service: where it listens, and its parts that tests and benchmarks ask."""

    grpc_port: int
    ops_port: int
    hub: Hub
    broker: Broker
    server: GrpcServer
    tls: ServerTls | None

    async def ready(self) -> None:
        """Wait until updates flow."""
        await self.hub.wait_live()


@asynccontextmanager
async def running(config: Config) -> AsyncIterator[Running]:
    """Run the service within the block."""
    async with AsyncExitStack() as stack:
        broker = _broker(config)
        demo: DemoPlatform | None = None
        if not config.tenant_api_url:
            demo = await stack.enter_async_context(demo_platform(config, broker))
        http = Http(
            config.tenant_api_url if demo is None else demo.url,
            connections=config.tenant_api_connections,
            connect_timeout=config.tenant_api_connect_timeout,
            ssl=edge.upstream_tls(config.tenant_api_ca_file) or True,
        )
        await http.open()
        stack.push_async_callback(http.close)
        hub = Hub(broker, UpdateDecoder().decode, address_of, _hub_settings(config))
        await hub.open()
        stack.push_async_callback(hub.close)

        times = Times(
            config.idempotency_lease, config.idempotency_settle, config.idempotency_retention
        )
        store = _idempotency_store(config, times)
        stack.push_async_callback(store.close)
        await store.open()
        once = Once(
            store, times, write_without_store=config.idempotency_on_store_failure == "write"
        )
        stack.push_async_callback(once.close)

        metrics = Metrics()
        upstream = Resilient(http, _resilience(config))
        api, recovery = TenantApi(upstream), RecoveryApi(upstream)
        access = Access(api, recovery)
        sent = SentMessages(
            Traces(api, recovery), recovery, Claims(store), times.settle, metrics.repaired
        )
        admission = edge.admission(config, lambda identity: api.user_dialogs(identity, limit=1))
        stack.push_async_callback(admission.rates.close)
        service = UserService(
            CallChain(
                metrics,
                default_deadline=config.default_deadline,
                longest_deadline=config.deadline_max,
                admission=admission,
            ),
            api,
            access,
            Writes(api, access),
            DeletedMessages(api),
            sent,
            PastMarks(access, recovery),
            once,
            hub,
            StreamSettings(config.stream_max_age, config.stream_recheck_interval),
        )
        tls = edge.listener_tls(config)
        if tls is not None:
            await tls.open()
            stack.push_async_callback(tls.close)
        server = GrpcServer(
            service, edge.connection_limits(config), metrics.refused, config.library_calls_max
        )
        grpc_port = await server.start(
            config.grpc_host, config.grpc_port, tls=None if tls is None else tls.context
        )
        stack.push_async_callback(server.close)
        ops_port = await _serve_ops(stack, config, metrics, hub, broker, server)
        log.info("serving", extra={"grpc": f"{config.grpc_host}:{grpc_port}", "ops": ops_port})
        if demo is not None:
            await print_welcome(config, grpc_port, demo)
        yield Running(grpc_port, ops_port, hub, broker, server, tls)
        log.info("draining", extra={"streams": hub.stream_count})
        hub.end_streams(lambda: reasons.shutting_down(random.uniform(0.1, 1.0)))
        await server.drain(config.shutdown_grace)


async def serve(config: Config) -> None:
    """Run the service until SIGTERM, SIGINT or the end of the process that watches this one."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    parent = multiprocessing.parent_process()
    if parent is not None:
        loop.add_reader(parent.sentinel, stop.set)
    # By default SIGHUP would end the process, without a word to anybody.
    loop.add_signal_handler(signal.SIGHUP, _nothing_to_reload)
    async with running(config) as service:
        if service.tls is not None:
            loop.add_signal_handler(signal.SIGHUP, service.tls.reload)
        await stop.wait()
        await _step_back(service.server, config)


async def _step_back(server: GrpcServer, config: Config) -> None:
    """Stop being ready, and go on taking connections until balancers have noticed."""
    server.set_serving(serving=False)
    if not config.in_process:
        log.info("stepping back", extra={"seconds": config.shutdown_delay})
        await asyncio.sleep(config.shutdown_delay)


def _nothing_to_reload() -> None:
    log.info("SIGHUP ignored: there are no certificates to reload")


def _broker(config: Config) -> Broker:
    if not config.rabbitmq_url:
        return MemoryBroker(secrets.token_hex(8))
    return AmqpBroker(
        config.rabbitmq_url,
        exchange=config.rabbitmq_updates_exchange,
        log_queue=config.rabbitmq_updates_log,
        worker=secrets.token_hex(4),
        retention_seconds=config.updates_log_max_age,
        retention_bytes=config.updates_log_max_bytes,
        tls=edge.upstream_tls(config.rabbitmq_ca_file),
        limits=_DELIVERIES,
    )


def _idempotency_store(config: Config, times: Times) -> Store:
    if config.redis_url:
        return RedisStore(
            config.redis_url, times, timeout=config.redis_timeout, ca_file=config.redis_ca_file
        )
    return SqliteStore(database(config), times)


def _resilience(config: Config) -> ResilienceSettings:
    return ResilienceSettings(
        attempts=config.tenant_api_read_attempts,
        budget=config.tenant_api_retry_budget,
        failures=config.tenant_api_circuit_failures,
    )


def _hub_settings(config: Config) -> HubSettings:
    return HubSettings(
        streams_per_user=config.streams_per_user,
        buffer=BufferLimits(config.stream_buffer_count, config.stream_buffer_bytes),
        deliveries=_DELIVERIES,
        grace=config.stream_grace,
    )


async def _serve_ops(
    stack: AsyncExitStack,
    config: Config,
    metrics: Metrics,
    hub: Hub,
    broker: Broker,
    server: GrpcServer,
) -> int:
    def problems() -> dict[str, str]:
        found: dict[str, str] = {}
        if not hub.live:
            found["not_ready"] = "no connection to the broker"
        if not server.serving:
            found["not_ready"] = "the process is being stopped"
        if isinstance(broker, AmqpBroker) and broker.log_problem:
            found["updates_log"] = broker.log_problem
        if hub.unreadable.problem:
            found["updates"] = hub.unreadable.problem
        return found

    def refresh() -> None:
        metrics.streams.set(hub.stream_count)
        metrics.broker_live.set(hub.live)
        metrics.updates_received.set(hub.received)
        metrics.updates_unreadable.set(hub.unreadable.count)
        if isinstance(broker, AmqpBroker):
            metrics.log_entries_read.set(broker.log.entries_read)

    runner = web.AppRunner(create_ops_app(metrics, problems, refresh), access_log=None)
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    site = web.TCPSite(runner, config.ops_host, config.ops_port)
    await site.start()
    port: int = runner.addresses[0][1]
    return port
