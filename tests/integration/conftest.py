"""Callers of the service, and a service before an upstream that plays tricks."""

from collections.abc import AsyncIterator

import pytest
from integration_vocabulary import Caller, Client, Scripted

from support.gateway import Gateway, run_gateway


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[Client]:
    async with Client(gateway.address) as client:
        yield client


@pytest.fixture
def alice(client: Client) -> Caller:
    return client.as_user("alice")


@pytest.fixture
def bob(client: Client) -> Caller:
    return client.as_user("bob")


@pytest.fixture
def stranger(client: Client) -> Caller:
    return client.as_user("stranger")


@pytest.fixture
async def scripted() -> AsyncIterator[Scripted]:
    async with Scripted().running() as upstream:
        yield upstream


@pytest.fixture
async def tricked(scripted: Scripted, broker_url: str) -> AsyncIterator[Caller]:
    """Alice, at a service whose upstream is scripted."""
    async with (
        run_gateway(scripted.url, broker_url) as gateway,
        Client(gateway.address) as client,
    ):
        yield client.as_user("alice")
