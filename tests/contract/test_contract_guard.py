"""The duplicate guard, at its recorded pace."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Any

import pytest
from contract_story import load
from contract_world import World

if TYPE_CHECKING:
    from collections.abc import Mapping

    from contract_target import Reply, Target

REFUSED = load("dup_x2_after_failed")["response"]


@pytest.fixture
def world(guarded_api: Target) -> World:
    return World(guarded_api)


def refused(reply: Reply) -> bool:
    if reply.status != 429:
        return False
    assert reply.json == REFUSED
    assert "Retry-After" not in reply.headers
    return True


async def window(api: Target, method: str, path: str, *body: Any) -> tuple[float, float]:
    """Repeat a request until it is taken twice; return between how many seconds the window lies.

    At least as long as from the first answer to the sending of the last request that was refused,
    at most as long as from the first sending to the last answer: true on the slowest machine. If
    refused requests extended the window, this would never end.
    """
    sent = time.monotonic()
    assert not refused(await api.call(method, path, *body))
    answered = last = time.monotonic()
    while True:
        again = time.monotonic()
        if not refused(await api.call(method, path, *body)):
            return last - answered, time.monotonic() - sent
        last = again
        await asyncio.sleep(0.02)


async def test_an_equal_write_is_refused_for_half_a_second(
    guarded_api: Target, world: World
) -> None:
    path = f"/api/users/{await world.user('alice')}"
    least, most = await window(guarded_api, "PUT", path, {"type": "bot"})
    assert least < 0.5 <= most


async def test_typing_is_refused_for_a_second(guarded_api: Target, world: World) -> None:
    user = await world.user("alice")
    path = f"/api/dialogs/{await world.dialog(user)}/member/{user}/typing"
    least, most = await window(guarded_api, "POST", path)
    assert least < 1.0 <= most


async def refused_after(
    api: Target, world: World, first: Mapping[str, str], second: Mapping[str, str]
) -> Reply:
    """Make a write with some headers, and at once with others, which is refused; return the first.

    A machine that stood still for the whole window in between has tried nothing.
    """
    while True:
        body = {"userId": world.name(f"dup_{secrets.token_hex(4)}")}
        sent = time.monotonic()
        reply = await api.call("POST", "/api/users", body, headers=first)
        if refused(await api.call("POST", "/api/users", body, headers=second)):
            return reply
        assert time.monotonic() - sent >= 0.5


async def test_neither_key_nor_tenant_nor_idempotency_key_makes_a_difference(
    guarded_api: Target, world: World
) -> None:
    for headers in (
        {"X-API-Key": "nope"},
        {"X-Tenant-Id": "tnt_other"},
        {"X-Idempotency-Key": "another"},
    ):
        assert (await refused_after(guarded_api, world, {}, headers)).status == 201


async def test_a_write_that_failed_counts_as_well(guarded_api: Target, world: World) -> None:
    failed = await refused_after(guarded_api, world, {"X-API-Key": "nope"}, {})
    assert failed.json == load("dup_x1")["response"]


async def test_another_body_path_or_query_is_another_request(
    guarded_api: Target, world: World
) -> None:
    user = await world.user("alice")
    path = f"/api/users/{user}"
    for where, body in (
        (path, {"type": "bot"}),
        (path, {"type": "user"}),
        (path, {"type": "bot", "x": 1}),
        (path + "?x=1", {"type": "bot"}),
        (path + "/", {"type": "bot"}),
    ):
        assert (await guarded_api.call("PUT", where, body)).status == 200


async def test_reads_are_not_guarded(guarded_api: Target, world: World) -> None:
    user = await world.user("alice")
    for _ in range(3):
        assert (await guarded_api.call("GET", f"/api/users/{user}")).status == 200


async def test_a_malformed_body_is_refused_before_the_guard(guarded_api: Target) -> None:
    headers = {"Content-Type": "application/json"}
    for _ in range(2):
        assert (await guarded_api.call("POST", "/api/users", "{", headers=headers)).status == 400
