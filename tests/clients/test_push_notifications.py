"""The push-notification back end notifies once of every message, wherever it is killed."""

import asyncio
import json
import os
import random
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from chat3_api.chat3.user.v1 import UpdateKind
from chat3_user.mapping.updates import UpdateDecoder
from support.faults.history import Address
from support.faults.publisher import Template, recorded_templates
from support.gateway import KEY, OTHER_TENANT, TENANT, Gateway, Upstream

KILLS = 15


class PushService:
    """A push service that drops a key it had before, and sometimes fails before or after."""

    def __init__(self, rng: random.Random) -> None:
        self.url = ""
        self.shown: dict[str, dict[str, str]] = {}
        self.sent: Counter[str] = Counter()
        self.news = asyncio.Event()
        self._rng = rng

    async def _take(self, request: web.Request) -> web.Response:
        if self._rng.random() < 0.05:
            raise web.HTTPServiceUnavailable
        key, notification = request.headers["Idempotency-Key"], await request.json()
        self.sent[key] += 1
        assert self.shown.setdefault(key, notification) == notification
        self.news.set()
        if self._rng.random() < 0.05:
            raise web.HTTPGatewayTimeout
        return web.Response()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["PushService"]:
        app = web.Application()
        app.router.add_post("/", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def has(self, number: int) -> None:
        while len(self.shown) < number:
            self.news.clear()
            await self.news.wait()


def created(template: Template, address: Address) -> tuple[str, bytes]:
    """Return a new message of the recorded sender for a user, and the key of its notification."""
    event = f"evt_{secrets.token_hex(16)}"
    body = template.addressed_to(address) | {"eventId": event}
    name = f"{event}:{body['updateType']}:{body['entityId']}"
    return f"{address.user}/{name}", json.dumps(body).encode()


def _is_new_message(template: Template) -> bool:
    decoded = UpdateDecoder().decode(json.dumps(template.body).encode())
    return decoded is not None and decoded.kind is UpdateKind.MESSAGE_CREATED


@pytest.mark.timeout(600)
async def test_everybody_is_notified_once_however_often_the_back_end_is_killed(
    gateway: Gateway, upstream: Upstream, project: Path, tmp_path: Path
) -> None:
    rng = random.Random(7)
    template = next(one for one in recorded_templates() if _is_new_message(one))
    sender = template.body["data"]["message"]["senderId"]
    settings = {
        "CHAT3_ADDRESS": gateway.address,
        "CHAT3_TENANT": TENANT,
        "CHAT3_API_KEY": KEY,
        "PUSH_DATABASE": str(tmp_path / "push.db"),
        "PYTHONPATH": "gen",
    }
    expected: set[str] = set()

    async def publish(users: tuple[str, ...], tenant: str = TENANT) -> None:
        for user in users:
            key, body = created(template, Address(tenant, user))
            if user != sender and tenant == TENANT:
                expected.add(key)
            await upstream.publisher.publish(
                f"update.dialog.user.{user}.message", body, {}, int(time.time() * 1000)
            )

    async with PushService(rng).running() as push:
        for kill in range(KILLS + 1):
            back_end = await asyncio.create_subprocess_exec(
                "python",
                "push_notifications.py",
                cwd=project / "clients/python/examples",
                env={**os.environ, **settings, "PUSH_URL": push.url},
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            if not kill:
                assert back_end.stdout is not None
                assert await back_end.stdout.readline() == b"connected\n"
            for _ in range(rng.randint(5, 15)):
                await publish(("u1", "u2", sender))
                await publish(("u1",), OTHER_TENANT)
                await asyncio.sleep(rng.uniform(0, 0.02))
            if kill == KILLS:
                await push.has(len(expected))
            else:
                # Some are killed while they start, some while they send.
                await asyncio.sleep(rng.choice((rng.uniform(0.0, 0.5), rng.uniform(0.5, 1.5))))
            back_end.kill()
            await back_end.communicate()
    assert push.shown.keys() == expected
    assert sum(push.sent.values()) > len(expected), "no kill was between sending and noting"
