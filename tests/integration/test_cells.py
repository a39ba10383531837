"""Cells: tenants share a broker and a platform, not their workers' exchange, queue and log."""

import json
import secrets
import time
from collections.abc import AsyncIterator

import aiormq
import pytest
from integration_vocabulary import Client

from chat3_api.chat3.user import v1 as pb
from support.gateway import OTHER_TENANT, TENANT, Gateway, Upstream, run_gateway
from support.rabbitmq import RabbitMQ

PLATFORM_EXCHANGE = "chat3_updates"


@pytest.fixture
async def cell(rabbitmq: RabbitMQ) -> AsyncIterator[str]:
    """An exchange that gets the updates of one tenant from the platform's."""
    name = f"cell_{secrets.token_hex(4)}"
    async with await aiormq.connect(rabbitmq.url) as connection:
        channel = await connection.channel()
        for exchange in (PLATFORM_EXCHANGE, name):
            await channel.exchange_declare(exchange, exchange_type="topic", durable=True)
        await channel.exchange_bind(
            destination=name, source=PLATFORM_EXCHANGE, routing_key=f"update.*.{TENANT}.#"
        )
        yield name
        await channel.exchange_delete(name)


async def publish(upstream: Upstream, tenant: str, user: str, event: str) -> None:
    document = {
        "tenantId": tenant,
        "userId": user,
        "entityId": user,
        "eventId": event,
        "sourceEventType": "user.changed",
        "updateType": "update.user",
        "data": {"user": {"userId": user, "type": "user", "meta": {"of": event}}},
        "createdAt": "1795424735959.186035",
    }
    key = f"update.user.{tenant}.user.{user}.user"
    body = json.dumps(document).encode()
    await upstream.publisher.publish(key, body, {}, int(time.time() * 1000))


async def test_a_cell_hears_its_tenant_alone_and_resumes_from_a_log_of_its_own(
    gateway: Gateway, upstream: Upstream, rabbitmq: RabbitMQ, cell: str
) -> None:
    for tenant in (TENANT, OTHER_TENANT):
        upstream.store.add_user(tenant, "ann")
    settings = {
        "rabbitmq_updates_exchange": cell,
        "rabbitmq_updates_log": f"{cell}_log",
    }
    async with (
        run_gateway(upstream.url, rabbitmq.url, **settings) as inside,
        Client(inside.address) as client,
        Client(gateway.address) as elsewhere,
    ):
        others = elsewhere.as_user("ann", tenant=OTHER_TENANT)
        async with client.as_user("ann").subscribed() as stream, others.subscribed() as other:
            before = inside.running.hub.received
            for number in range(20):
                await publish(upstream, OTHER_TENANT, "ann", f"other-{number}")
            await publish(upstream, TENANT, "ann", "live")
            assert (await stream.update()).event_id == "live"
            assert (await other.update()).event_id == "other-0"
            assert inside.running.hub.received - before == 1
            token = stream.token
        await publish(upstream, OTHER_TENANT, "ann", "other-missed")
        await publish(upstream, TENANT, "ann", "missed")
        # Another worker of the cell has nothing in memory.
        async with (
            run_gateway(upstream.url, rabbitmq.url, **settings) as second,
            Client(second.address) as again,
            again.as_user("ann").subscribed(resume_token=token) as resumed,
        ):
            assert resumed.established.resume_outcome is pb.ResumeOutcome.RESUMED
            assert (await resumed.update()).event_id == "missed"
