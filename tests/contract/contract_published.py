"""Reads what the double publishes: when nothing more is to come, and to whom it went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from contract_newer import key_of_generation

if TYPE_CHECKING:
    from contract_target import Published, Target


async def settled(target: Target) -> list[Published]:
    """Wait until nothing more is to come; return everything published."""
    assert target.outbox is not None
    assert target.publisher is not None
    assert target.counters is not None
    assert target.store is not None
    while target.store.read_tasks.first() is not None:
        await asyncio.sleep(0.01)
    await target.counters.drained()
    await target.outbox.drained()
    return target.publisher.published


async def published_by(target: Target, act: Any) -> list[Published]:
    """Return what an action publishes."""
    before = len(await settled(target))
    await act
    return (await settled(target))[before:]


def key_of(target: Target, key: str) -> str:
    return key_of_generation(key, target.tenant, target.generation)


def told_to(updates: list[Published]) -> list[tuple[str, str, str]]:
    """Return recipient, kind and source of each update, in the order of publishing."""
    return [
        (u.body["userId"].partition("_")[0], u.body["updateType"], u.body["sourceEventType"])
        for u in updates
    ]
