"""The server under test: the embedded double, or the tenant-api that the environment names."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from contract_environment import ROLES
from yarl import URL

from chat3_embedded import Generation

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiohttp
    from contract_coverage import Coverage
    from contract_environment import Server

    from chat3_embedded import Store
    from chat3_embedded.counting import CounterWorker
    from chat3_embedded.generations import Capability
    from chat3_embedded.outbox import Outbox

_NO_BODY = object()
_LARGE = 1024 * 1024
PERMISSIONS = {
    "full": ("read", "write", "delete"),
    "read": ("read",),
    "write": ("write",),
    "none": (),
    "inactive": ("read", "write", "delete"),
    "expired": ("read", "write", "delete"),
}
NO_KEY = "not given: TENANT_API_{}_KEY"
NO_SECOND_TENANT = "not given: TENANT_API_SECOND_TENANT"
NO_NEW_TENANTS = "not given: TENANT_API_MAKE_TENANTS"
TENANT, SECOND_TENANT = "tnt_demo", "tnt_default"


@dataclass(frozen=True)
class Published:
    """One update as the publisher got it."""

    routing_key: str
    body: dict[str, Any]
    headers: Mapping[str, str]
    timestamp_ms: int


@dataclass
class RecordingPublisher:
    """Keeps what is published."""

    published: list[Published] = field(default_factory=list)

    async def publish(
        self, routing_key: str, body: bytes, headers: Mapping[str, str], timestamp_ms: int
    ) -> None:
        self.published.append(
            Published(routing_key, msgspec.json.decode(body), headers, timestamp_ms)
        )


@dataclass(frozen=True)
class Reply:
    """An answer: `json` is None when the body is not JSON."""

    status: int
    json: Any
    text: str
    headers: Mapping[str, str]


@dataclass
class Target:
    """A running server and what the tests may use on it."""

    url: str
    session: aiohttp.ClientSession
    tenant: str
    second_tenant: str | None
    keys: Mapping[str, str | None]
    generation: Generation
    database: str
    # Seconds to wait for what comes late.
    patience: float
    # Whether tests may make tenants, and whether the tenant is the test's own: empty.
    may_make_tenants: bool = False
    own_tenant: bool = False
    store: Store | None = None
    publisher: RecordingPublisher | None = None
    outbox: Outbox | None = None
    counters: CounterWorker | None = None
    # Repeats a request that the duplicate guard refused; the guard's own tests do not.
    patient: bool = False
    # Learns which routes answer with success.
    coverage: Coverage | None = None

    @property
    def is_double(self) -> bool:
        return self.store is not None

    def key(self, role: str) -> str:
        """Return the key of a role; skip the test when the server's tester gave none."""
        key = self.keys[role]
        if key is None:
            pytest.skip(NO_KEY.format(role.upper()))
        return key

    def can(self, capability: Capability) -> bool:
        """Tell whether the version under test has the capability."""
        return self.generation.can(capability)

    async def with_own_tenants(self) -> Target:
        """Return the same server with two tenants that are empty; make them through the API."""
        made = []
        for number in range(2):
            reply = await self.call("POST", "/api/tenants", {"meta": {"n": number}}, tenant=None)
            made.append(reply.json["data"]["tenantId"])
        return replace(self, tenant=made[0], second_tenant=made[1], own_tenant=True)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = _NO_BODY,
        *,
        role: str | None = "full",
        tenant: str | None = "",
        headers: Mapping[str, str] | None = None,
        recorded: bool = False,
    ) -> Reply:
        """Send one request; `body` is sent as JSON unless it is text.

        The double has counted whatever was written before. `recorded`: the answer is held against
        a recorded one.
        """
        if self.counters is not None:
            await self.counters.drained()
        sent = dict(headers or {})
        if role is not None:
            sent.setdefault("X-API-Key", self.key(role))
        if tenant is not None:
            sent.setdefault("X-Tenant-Id", tenant or self.tenant)
        data: Any = None
        if isinstance(body, str):
            # A stream, because the client warns about large bodies at hand.
            data = io.BytesIO(body.encode()) if len(body) > _LARGE else body
        elif body is not _NO_BODY:
            data = msgspec.json.encode(body)
            sent.setdefault("Content-Type", "application/json")
        while True:
            reply = await self._send(method, path, data, sent)
            if reply.status != 429 or not self.patient:
                if self.coverage is not None:
                    where = (self.generation.version, method, path)
                    self.coverage.answered(*where, reply.status, recorded=recorded)
                return reply
            await asyncio.sleep(0.1)

    async def _send(self, method: str, path: str, data: Any, headers: Mapping[str, str]) -> Reply:
        url = URL(self.url + path)
        async with self.session.request(
            method, url, data=data, headers=headers, allow_redirects=False
        ) as answer:
            text = await answer.text()
            is_json = text and answer.content_type == "application/json"
            json = msgspec.json.decode(text) if is_json else None
            return Reply(answer.status, json, text, answer.headers)


def seed_keys(store: Store) -> dict[str, str]:
    """Give the double a key for every role; the names of keys are not their values."""
    keys = {role: f"secret-of-{role}" for role in ROLES}
    for role, key in keys.items():
        expires = 1.0 if role == "expired" else None
        store.add_key(
            key,
            PERMISSIONS[role],
            name=f"name of {role}",
            active=role != "inactive",
            expires_at=expires,
        )
    return keys


def named_target(
    server: Server, session: aiohttp.ClientSession, coverage: Coverage, *, patient: bool
) -> Target:
    """Return the server that the tester has named, with the keys and tenants given."""
    return Target(
        server.url,
        session,
        server.tenant,
        server.second_tenant,
        server.keys,
        Generation(server.version),
        server.database,
        server.patience,
        may_make_tenants=server.may_make_tenants,
        patient=patient,
        coverage=coverage,
    )
