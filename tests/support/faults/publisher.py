"""Publishes updates as tenant-api does, and notes what the broker has confirmed."""

import asyncio
import json
import random
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiormq
from aiormq.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPError
from pamqp.commands import Basic

from support.faults.generations import Generation, routing_key
from support.faults.history import Address, Publication, Recorder
from support.patience import HANGS

EXCHANGE = "chat3_updates"
_RECORDED = Path(__file__).resolve().parents[2] / "contract" / "recorded" / "updates"
_PATIENCE = 15.0
"""Seconds within which the broker confirms an update, or it is not waited for any longer."""

_Failures = (AMQPError, OSError, TimeoutError, RuntimeError, asyncio.InvalidStateError)


@dataclass(frozen=True)
class Template:
    """A recorded update that is addressed anew each time."""

    key: str
    body: Mapping[str, Any]
    headers: Mapping[str, Any]

    @property
    def typing(self) -> bool:
        return "typing" in self.body["data"]

    def addressed_to(self, address: Address) -> dict[str, Any]:
        """Return the body for somebody else; what is about its user is about the new one then."""
        body, data = dict(self.body), dict(self.body["data"])
        for section in ("member", "user"):
            if data.get(section, {}).get("userId") == body["userId"]:
                data[section] = data[section] | {"userId": address.user}
        return body | {"tenantId": address.tenant, "userId": address.user, "data": data}


def recorded_templates() -> list[Template]:
    """Return the recorded updates of all kinds."""
    templates = []
    for path in sorted(_RECORDED.glob("*.json")):
        recorded = json.loads(path.read_text())
        headers = recorded["properties"]["headers"]
        templates.append(Template(recorded["routingKey"], recorded["body"], headers))
    return templates


class Publisher:
    """One publishing channel with confirms, to any node of the broker; numbers what it publishes.

    ``generation`` says how its routing keys look from now on. Without ``confirms``, as the platform
    publishes, what was written to a connection that then lives on counts as confirmed.
    """

    def __init__(
        self,
        name: str,
        url: str | Sequence[str],
        recorder: Callable[[], Recorder],
        rng: random.Random,
        *,
        confirms: bool = True,
    ) -> None:
        self.name = name
        self.generation = Generation.OLD
        self._urls = (url,) if isinstance(url, str) else tuple(url)
        self._confirms = confirms
        self._recorder = recorder
        self._rng = rng
        self._templates = recorded_templates()
        self._typing = [template for template in self._templates if template.typing]
        self._lasting = [template for template in self._templates if not template.typing]
        self._number = 0
        self._connection: AbstractConnection | None = None
        self._channel: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._tired_until = 0.0

    async def publish(
        self,
        address: Address,
        *,
        typing: bool | None = None,
        padding: int = 0,
        twice: bool = False,
        patience: float = _PATIENCE,
    ) -> Publication:
        """Publish an update; one not confirmed in ``patience`` seconds comes back without a time.

        ``twice`` lets a mixed platform publish it under both forms of key.
        """
        if typing is None:
            typing = self._rng.random() < 0.1
        template = self._rng.choice(self._typing if typing else self._lasting)
        event_id = f"evt_{secrets.token_hex(16)}"
        body = template.addressed_to(address) | {"eventId": event_id}
        if padding:
            body["padding"] = "x" * padding
        self._number += 1
        publication = Publication(
            update_id=f"{event_id}:{template.body['updateType']}:{template.body['entityId']}",
            address=address,
            publisher=self.name,
            number=self._number,
            droppable=typing,
            started=time.time(),
        )
        self._recorder().published(publication)
        _, category, *_, segment = template.key.split(".")
        with suppress(*_Failures):
            async with asyncio.timeout(patience):
                channel = await self._open()
                for generation in self._generations(twice=twice):
                    await channel.basic_publish(
                        json.dumps(body).encode(),
                        exchange=EXCHANGE,
                        routing_key=routing_key(generation, category, address, segment),
                        properties=Basic.Properties(
                            content_type="application/json",
                            delivery_mode=2,
                            headers=dict(template.headers),
                        ),
                    )
                    publication.confirmed = publication.confirmed or time.time()
        return publication

    async def confirmed(
        self, address: Address, *, typing: bool | None = False, padding: int = 0
    ) -> Publication:
        """Publish an update, again and again until the broker confirms one."""
        while True:
            publication = await self.publish(address, typing=typing, padding=padding)
            if publication.confirmed is not None:
                return publication
            await asyncio.sleep(0.2)

    def _generations(self, *, twice: bool) -> Sequence[Generation]:
        """Return the form of the next update's key; both, in turn, for one of a mixed ten."""
        if self.generation is not Generation.MIXED:
            return (self.generation,)
        forms = self._rng.sample((Generation.OLD, Generation.NEW), 2)
        return forms if twice and self._rng.random() < 0.1 else forms[:1]

    async def burst(self, address: Address, count: int, *, typing: bool | None = None) -> None:
        """Publish many updates to one user, in order, without waiting between them."""
        with suppress(*_Failures):
            await self._open()
        publishing = (self.publish(address, typing=typing, patience=HANGS) for _ in range(count))
        await asyncio.gather(*publishing)

    async def run(self, addresses: Sequence[Address], pause: float) -> None:
        """Publish to ``addresses`` by turns, ``pause`` seconds apart at most, until cancelled."""
        while True:
            publication = await self.publish(self._rng.choice(addresses), twice=True)
            patience = 0.2 if publication.confirmed is None else self._rng.uniform(0, pause)
            await asyncio.sleep(patience)

    async def _open(self) -> AbstractChannel:
        async with self._opening:
            if self._channel is not None and not self._channel.is_closed:
                return self._channel
            if time.monotonic() < self._tired_until:
                raise ConnectionRefusedError
            await self.close()
            try:
                self._connection = await aiormq.connect(self._rng.choice(self._urls))
                channel = await self._connection.channel(publisher_confirms=self._confirms)
                await channel.exchange_declare(EXCHANGE, exchange_type="topic", durable=True)
            except _Failures:
                self._tired_until = time.monotonic() + 0.2
                raise
            self._channel = channel
            return channel

    async def close(self) -> None:
        """Close the connection."""
        connection, self._connection, self._channel = self._connection, None, None
        if connection is not None:
            with suppress(*_Failures):
                await connection.close()
