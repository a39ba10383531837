"""The composition root: every part is created, opened and closed here."""

import logging
import os
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from chat3_user import parts
from chat3_user.calls import CallChain, Callers
from chat3_user.config import Config
from chat3_user.demo.show import Demo, open_demo
from chat3_user.domain.access import Access
from chat3_user.domain.created_dialogs import CreatedDialogs
from chat3_user.domain.created_packs import CreatedPacks
from chat3_user.domain.created_topics import CreatedTopics
from chat3_user.domain.custom_data import CustomDataChanges
from chat3_user.domain.deleted import DeletedMessages
from chat3_user.domain.dialogs import Dialogs
from chat3_user.domain.direct_dialogs import DirectDialogs
from chat3_user.domain.existing_users import ExistingUsers
from chat3_user.domain.first_custom_data import FirstCustomData
from chat3_user.domain.members import Members
from chat3_user.domain.message_changes import MessageChanges
from chat3_user.domain.messages import Messages
from chat3_user.domain.meta_indexes import MetaIndexes
from chat3_user.domain.meta_rules import MetaRules
from chat3_user.domain.pack_members import PackMembers
from chat3_user.domain.pack_reading import PackReading
from chat3_user.domain.packs import Packs
from chat3_user.domain.past_changes import PastChanges
from chat3_user.domain.past_marks import PastMarks
from chat3_user.domain.reading import Reading
from chat3_user.domain.sent_messages import SentMessages
from chat3_user.domain.tenant_history import TenantHistory
from chat3_user.domain.tenant_users import TenantUsers
from chat3_user.domain.traces import Traces
from chat3_user.domain.unshown import UnshownChanges
from chat3_user.domain.users import Users
from chat3_user.errors import reasons
from chat3_user.finished_call import Observer
from chat3_user.health.board import Board, Seat
from chat3_user.health.composing import Parts
from chat3_user.health.http import health_routes
from chat3_user.health.machine import Health
from chat3_user.health.worker import WorkerHealth, watching
from chat3_user.idempotency import Claims, Once, Store
from chat3_user.mapping.addresses import address_of
from chat3_user.mapping.updates import UpdateDecoder
from chat3_user.methods import Dependencies
from chat3_user.metrics import Metrics
from chat3_user.ops import create_ops_app, serving_ops
from chat3_user.readings import read_calls, read_process, read_updates
from chat3_user.rpc import TenantService, UserService
from chat3_user.scrapes import open_scrapes
from chat3_user.server.grpc import GrpcServer
from chat3_user.telemetry import OFF, Tracing
from chat3_user.tenant_api import TenantApi
from chat3_user.tenant_api.resilience import Resilient
from chat3_user.tls.listener import ServerTls, listener_tls
from chat3_user.tokens import UserTokens
from chat3_user.updates.broker import Broker
from chat3_user.updates.fanout.hub import Hub

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Running:
    """A running service: where it listens, and its parts that tests and benchmarks ask."""

    grpc_port: int
    ops_port: int
    hub: Hub
    broker: Broker
    server: GrpcServer
    health: WorkerHealth
    tls: ServerTls | None
    metrics: Metrics

    async def ready(self) -> None:
        """Wait until updates flow."""
        await self.hub.wait_live()


@asynccontextmanager
async def running(
    config: Config,
    observers: Sequence[Observer] = (),
    tracing: Tracing = OFF,
    seat: Seat | None = None,
) -> AsyncIterator[Running]:
    """Run the service within the block; ``observers`` get the record of each call.

    Without a ``seat`` it is the only worker of its machine.
    """
    async with AsyncExitStack() as stack:
        metrics = Metrics(tracing.sampled_trace_id)
        broker = parts.broker(config, metrics.broker, traced=tracing.on)
        demo: Demo | None = None
        if not config.tenant_api.url:
            page_host = config.server.host if config.serves_page else None
            demo = await stack.enter_async_context(
                open_demo(config.demo, config.rabbitmq, broker, page_host)
            )
        url = config.tenant_api.url if demo is None else demo.platform.url
        http, platform = await stack.enter_async_context(
            parts.platform(config, url, metrics.upstream, tracing)
        )
        hub = Hub(
            broker,
            UpdateDecoder().decode,
            address_of,
            config.hub,
            metrics,
            parts.traces_of_updates(config, tracing),
        )
        await hub.open()
        stack.push_async_callback(hub.close)

        store = parts.idempotency_store(config, metrics.stores, tracing)
        stack.push_async_callback(store.close)
        await store.open()
        once = Once(
            store,
            config.idempotency.times,
            write_without_store=config.idempotency.writes_without_store,
            metrics=metrics.idempotency,
        )
        stack.push_async_callback(once.close)

        resilient = Resilient(http, config.resilience, metrics=metrics.upstream)
        api = TenantApi(resilient)
        access = Access(api)
        tokens, issuer_keys = parts.tokens(config, metrics.tokens)
        if issuer_keys is not None:
            await issuer_keys.open()
            stack.push_async_callback(issuer_keys.close)
        rates = parts.shared_rates(config, metrics, tracing)
        admission = parts.admission(config, access.prove_known, metrics, rates)
        stack.push_async_callback(admission.rates.close)
        dependencies = _dependencies(config, metrics, api, access, store, once, hub, tokens)
        chain = CallChain(
            [metrics.calls.finished, *observers],
            config.deadlines,
            admission,
            Callers(tokens, metrics.tokens),
            tracing,
        )
        services = [Service(chain, dependencies) for Service in (UserService, TenantService)]
        tls = listener_tls(config.tls)
        if tls is not None:
            await tls.open()
            stack.push_async_callback(tls.close)
        server = GrpcServer(
            services,
            config.connections,
            metrics.transport,
            config.server.library_calls,
            config.cors if demo is None else demo.calling(config.cors),
        )
        grpc_port = await server.start(
            config.server.host, config.server.port, tls=None if tls is None else tls.context
        )
        stack.push_async_callback(server.close)
        watched = Parts(
            server.listener,
            broker,
            hub.unreadable,
            platform,
            resilient,
            store,
            rates,
            issuer_keys,
            metrics.process.loop_was_late,
        )
        seat = seat or Seat(Board.alone())
        health = await stack.enter_async_context(
            watching(watched, config.health, seat, server.health.changed)
        )
        read_updates(metrics, hub, broker)
        read_calls(metrics, hub, server, admission, resilient, http, tls)
        ops_port = await _serve_operators(stack, config, metrics, health.state, seat)
        log.info(
            "serving",
            extra={
                "grpc": f"{config.server.host}:{grpc_port}",
                "tls": tls is not None,
                "ops": f"{config.ops.host}:{ops_port}",
                "pid": os.getpid(),
            },
        )
        if demo is not None:
            await stack.enter_async_context(demo.shown(config.server.host, grpc_port, config.tls))
        yield Running(grpc_port, ops_port, hub, broker, server, health, tls, metrics)
        health.step_back()
        await _drain(server, hub, config.server.shutdown_grace)


async def _drain(server: GrpcServer, hub: Hub, grace: float) -> None:
    """End streams, wait up to ``grace`` seconds for other calls, and say what became of them."""
    begun, requests = time.monotonic(), server.requests
    log.info(
        "draining",
        extra={
            "streams": hub.stream_count,
            "requests": requests,
            "connections": len(server.connections),
        },
    )
    hub.end_streams(lambda: reasons.shutting_down(random.uniform(0.1, 1.0)))
    await server.drain(grace)
    left = server.requests
    log.log(
        logging.WARNING if left else logging.INFO,
        "drained",
        extra={
            "seconds": round(time.monotonic() - begun, 3),
            "requests_cut": left,
            "connections_left": len(server.connections),
        },
    )


async def _serve_operators(
    stack: AsyncExitStack,
    config: Config,
    metrics: Metrics,
    health: Health,
    seat: Seat,
) -> int:
    """Serve operators until ``stack`` is closed; return the port."""
    read_process(metrics.process, health, seat)
    ops = config.ops
    scrapes = await stack.enter_async_context(
        open_scrapes(metrics.instruments.registry, ops.host, ops.ports or (ops.port,), ops.worker)
    )
    app = create_ops_app(health_routes(health, seat), scrapes.routes())
    return await stack.enter_async_context(serving_ops(ops, app))


def _dependencies(
    config: Config,
    metrics: Metrics,
    api: TenantApi,
    access: Access,
    store: Store,
    once: Once,
    hub: Hub,
    tokens: UserTokens,
) -> Dependencies:
    """Return what the methods work with."""
    settle = config.idempotency.times.settle
    users, claims, custom_data = Users(api, access), Claims(store), CustomDataChanges(api)
    sent = SentMessages(Traces(api), api, claims, settle, metrics.repairs.repaired)
    messages, unshown = Messages(api, access), UnshownChanges(metrics.repairs.unshown)
    rules, packs, members = MetaRules(api), Packs(api, unshown), Members(api, unshown)
    return Dependencies(
        api=api,
        access=access,
        deleted=DeletedMessages(api),
        sent=sent,
        past_marks=PastMarks(access, api, unshown),
        past_changes=PastChanges(api, messages, unshown),
        users=users,
        tenant_users=TenantUsers(
            api, access, users, custom_data, FirstCustomData(custom_data, rules)
        ),
        existing_users=ExistingUsers(api),
        dialogs=Dialogs(api),
        created_dialogs=CreatedDialogs(api, rules, settle, metrics.repairs.finished),
        direct_dialogs=DirectDialogs(api, rules, users, settle),
        created_topics=CreatedTopics(api, rules, claims, settle, metrics.repairs.finished),
        packs=packs,
        created_packs=CreatedPacks(api, rules, packs, claims, settle, metrics.repairs.finished),
        pack_members=PackMembers(api, packs, members),
        pack_reading=PackReading(api, unshown),
        members=members,
        custom_data=custom_data,
        meta_indexes=MetaIndexes(api),
        meta_rules=rules,
        reading=Reading(api, unshown),
        messages=messages,
        message_changes=MessageChanges(api),
        tenant_history=TenantHistory(api, messages),
        once=once,
        hub=hub,
        streams=config.streams,
        tokens=tokens,
        count_dropped=metrics.streams.user_dropped,
    )
