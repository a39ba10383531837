"""Both forms of the platform's routing keys: an update reaches its user once, live and resumed."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest
from integration_vocabulary import Client, Subscription

from support.faults.generations import Generation, routing_key, strangers
from support.faults.history import Address
from support.gateway import OTHER_TENANT, TENANT, Upstream, run_gateway
from support.patience import HANGS
from support.rabbitmq import RabbitMQ

OLD, NEW = Generation.OLD, Generation.NEW

# Ids of users that are words of every key, too.
ADDRESSES = [
    Address(tenant, user)
    for tenant in (TENANT, OTHER_TENANT)
    for user in ("alice", "bob", "user", "update", "dialog", "bot", "tnt_one")
]
NOBODY_HERE = [stranger for address in ADDRESSES for stranger in strangers(address)]

ROUNDS = {
    "old": [[OLD]] * 3,
    "new": [[NEW]] * 3,
    "a switch": [[OLD], [NEW], [OLD], [NEW, OLD], [NEW]],
}
"""The keys under which the updates of a round are published."""


async def publish(upstream: Upstream, name: str, rounds: Sequence[Sequence[Generation]]) -> None:
    for number, forms in enumerate(rounds):
        for address in (*NOBODY_HERE, *ADDRESSES):
            body = {
                "tenantId": address.tenant,
                "userId": address.user,
                "entityId": address.user,
                "eventId": f"{name} {number} of {address.tenant}/{address.user}",
                "sourceEventType": "user.changed",
                "updateType": "update.user",
                "data": {"user": {"userId": address.user, "type": "user"}},
            }
            for form in forms:
                key = routing_key(form, "user", address, "user")
                await upstream.publisher.publish(key, json.dumps(body).encode(), {}, 0)


async def has(stream: Subscription, address: Address, name: str, count: int) -> None:
    """Read so many updates; they must be the address's own, each once and in order."""
    got = [(await stream.update()).event_id for _ in range(count)]
    assert got == [f"{name} {number} of {address.tenant}/{address.user}" for number in range(count)]


@pytest.mark.parametrize("rounds", ROUNDS.values(), ids=ROUNDS.keys())
async def test_every_user_gets_its_own_updates_once(
    upstream: Upstream, rabbitmq: RabbitMQ, rounds: Sequence[Sequence[Generation]]
) -> None:
    for address in ADDRESSES:
        upstream.store.add_user(address.tenant, address.user)
    async with (
        # A feed that is gone resumes from the log.
        run_gateway(upstream.url, rabbitmq.url, stream_grace=0.05) as gateway,
        Client(gateway.address) as client,
    ):
        callers = {
            address: client.as_user(address.user, tenant=address.tenant) for address in ADDRESSES
        }
        tokens: dict[Address, str] = {}
        for name in ("live", "resumed", "again"):
            if tokens:
                await publish(upstream, name, rounds)
            async with AsyncExitStack() as stack:
                streams = {
                    address: await stack.enter_async_context(
                        caller.subscribed(resume_token=tokens.get(address, ""))
                    )
                    for address, caller in callers.items()
                }
                if not tokens:
                    await publish(upstream, name, rounds)
                for address, stream in streams.items():
                    await has(stream, address, name, len(rounds))
                await publish(upstream, f"{name} on", rounds)
                for address, stream in streams.items():
                    await has(stream, address, f"{name} on", len(rounds))
                tokens = {address: stream.token for address, stream in streams.items()}
            async with asyncio.timeout(HANGS):
                while gateway.running.hub._feeds:
                    await asyncio.sleep(0.01)
