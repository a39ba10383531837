"""Filters on names that JavaScript objects inherit: lost conditions, and a poisoned process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from chat3_embedded import ObjectPrototype, serve
from chat3_embedded.filters import Condition, Group, parse_filter
from chat3_embedded.prototype import EVERYTHING, INHERITED

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from chat3_embedded import Store
    from chat3_embedded.filters import Node

HEADERS = {"X-API-Key": "key", "X-Tenant-Id": "tnt_a"}
ASSIGNING = ("gt", "gte", "lt", "lte", "ne", "exists", "regex")


def seen(prototype: ObjectPrototype, text: str) -> Node:
    node = parse_filter(text)
    assert node is not None
    return prototype.seen_by(node)


class Platform:
    """A served double with two dialogs, of Alice and of nobody, and a message in hers."""

    def __init__(self, url: str, store: Store, prototype: ObjectPrototype) -> None:
        self.url = url
        self.prototype = prototype
        self.dialog = store.add_dialog("tnt_a", ["alice"], meta={"n": 1}).dialog_id
        self.other = store.add_dialog("tnt_b", ["bob"]).dialog_id
        for n in (1, 2, 3):
            store.add_message("tnt_a", self.dialog, "alice", f"m{n}", meta={"n": n})

    async def ask(self, method: str, path: str, **arguments: Any) -> tuple[int, str, Any]:
        async with (
            aiohttp.ClientSession(headers=HEADERS) as session,
            session.request(method, self.url + path, **arguments) as answer,
        ):
            json = await answer.json() if answer.content_type == "application/json" else None
            return answer.status, answer.content_type, json

    async def send(self, content: str) -> tuple[int, str]:
        body = {"senderId": "alice", "content": content}
        answer = await self.ask("POST", f"/api/dialogs/{self.dialog}/messages", json=body)
        return answer[:2]

    async def listed(self, text: str) -> list[str]:
        path = f"/api/users/alice/dialogs/{self.dialog}/messages"
        _, _, body = await self.ask("GET", path, params={"filter": text, "sort": "(createdAt,asc)"})
        return [message["content"] for message in body["data"]]


@pytest.fixture
async def platform(store: Store) -> AsyncIterator[Platform]:
    for tenant in ("tnt_a", "tnt_b"):
        store.add_tenant(tenant)
    store.add_key("key")
    prototype = ObjectPrototype()
    async with serve(store=store, prototype=prototype) as url:
        yield Platform(url, store, prototype)


@pytest.mark.parametrize("name", sorted(INHERITED - {"__proto__"}))
async def test_a_condition_on_an_inherited_name_is_dropped(platform: Platform, name: str) -> None:
    for text in (f"(meta.{name},eq,1)", f'{{"meta":{{"{name}":1}}}}'):
        assert await platform.listed(text) == ["m1", "m2", "m3"]
    assert await platform.listed(f"(meta.{name},gt,1)&(meta.n,eq,2)") == ["m2"]
    assert not platform.prototype.poisoned


@pytest.mark.parametrize("operator", ASSIGNING)
async def test_the_prototype_spoils_every_tenants_messages(
    platform: Platform, operator: str
) -> None:
    assert await platform.send("before") == (201, "application/json")
    await platform.listed(f"(meta.__proto__,{operator},1)")
    assert platform.prototype.poisoned
    assert await platform.send("after") == (500, "text/html")
    bob = {"X-Tenant-Id": "tnt_b"}
    other = f"/api/dialogs/{platform.other}/messages"
    body = {"senderId": "bob", "content": "after"}
    answer = await platform.ask("POST", other, json=body, headers=bob)
    assert answer[:2] == (500, "text/html")


async def test_a_list_of_dialogs_spoils_just_as_well(platform: Platform) -> None:
    query = {"filter": '{"meta":{"__proto__":{"$in":[1]}}}'}
    assert (await platform.ask("GET", "/api/users/alice/dialogs", params=query))[0] == 200
    assert platform.prototype.poisoned


async def test_equality_with_the_prototype_only_drops_the_condition(platform: Platform) -> None:
    assert await platform.listed("(meta.__proto__,eq,1)") == ["m1", "m2", "m3"]
    assert not platform.prototype.poisoned


async def test_inequality_with_the_prototype_changes_other_results(platform: Platform) -> None:
    assert await platform.listed("(meta.n,gte,1)") == ["m1", "m2", "m3"]
    await platform.listed("(meta.__proto__,ne,2)")
    assert await platform.listed("(meta.n,gte,1)") == ["m1", "m3"]
    assert await platform.listed("(meta.n,eq,2)") == ["m2"]


async def test_a_restart_cures(store: Store) -> None:
    store.add_tenant("tnt_a")
    store.add_key("key")
    statuses = []
    for text in ("(meta.__proto__,gt,1)", "(meta.n,gt,1)"):
        async with serve(store=store) as url:
            platform = Platform(url, store, ObjectPrototype())
            await platform.listed(text)
            statuses.append((await platform.send("hello"))[0])
    assert statuses == [500, 201]


def test_names_are_compared_with_their_case_and_as_a_whole() -> None:
    prototype = ObjectPrototype()
    for key in ("__PROTO__", "tostring", "Constructor", "_proto_", "proto"):
        assert seen(prototype, f"(meta.{key},gt,1)") == Condition(f"meta.{key}", "gt", 1)
    assert not prototype.poisoned


def test_a_field_outside_of_meta_reaches_no_other_request() -> None:
    prototype = ObjectPrototype()
    assert seen(prototype, "(__proto__,gt,1)") == EVERYTHING
    assert not prototype.poisoned


def test_groups_lose_what_is_dropped_and_no_more() -> None:
    prototype = ObjectPrototype()
    kept = Condition("a", "eq", 1)
    assert seen(prototype, "(a,eq,1)|(meta.valueOf,eq,2)") == Group("|", (kept,))
    nested = "((meta.valueOf,eq,2)|(meta.toString,eq,2))&(a,eq,1)"
    assert seen(prototype, nested) == Group("&", (kept,))
    assert seen(prototype, "(meta.valueOf,eq,2)|(meta.toString,eq,2)") == EVERYTHING
