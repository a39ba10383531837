"""An index of allowed keys that leaves out a key of this service: told, and nothing is written."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import Client

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_api.google.protobuf import Struct
from chat3_embedded.settings import Settings
from chat3_embedded.steps import Step
from chat3_embedded.store.records import MetaIndex
from support.gateway import KEY, TENANT

Reason = pb.ErrorReason
INDEX = "allowed:keys"
KEYS = {"dialog": ("chat3_key", "chat3_direct"), "topic": ("chat3_key",)}


@asynccontextmanager
async def world(after_step: Callable[[Step], None] | None = None) -> AsyncIterator[tuple[Any, ...]]:
    platform = Settings(after_step=after_step)
    async with lossy_platform(platform) as lossy, service(lossy) as client:
        dialog = lossy.dialog("alice", "bob")
        yield lossy, client, dialog


def allow(lossy: Lossy, kind: str, *keys: str) -> MetaIndex:
    index = MetaIndex(TENANT, kind, INDEX, "allowed", keys, None, "test", 1.0)
    lossy.store.meta_indexes.add(index)
    return index


def rows(lossy: Lossy, kind: str) -> int:
    dialogs = lossy.store.dialogs
    found = dialogs.all(TENANT) if kind == "dialog" else dialogs.all_topics(TENANT)
    return len(found)


def calls(client: Client, dialog: str, key: str) -> list[tuple[str, Any, Any]]:
    """Return every call that creates: of what kind, who makes it, and the request."""
    alice = client.as_user("alice")
    back_end = client.with_metadata({"x-api-key": KEY, "x-tenant-id": TENANT})
    named: dict[str, Any] = {"meta": Struct.from_dict({"title": "t"}), "idempotency_key": key}
    place: dict[str, Any] = {"dialog_id": dialog}
    return [
        ("dialog", alice, pb.CreateDialogRequest(member_ids=["bob"], **named)),
        ("topic", alice, pb.CreateTopicRequest(**place, **named)),
        ("dialog", alice, pb.GetOrCreateDirectDialogRequest(user_id="bob")),
        ("dialog", back_end, tenant_pb.CreateDialogRequest(member_ids=["bob"], **named)),
        ("topic", back_end, tenant_pb.CreateTopicRequest(**place, **named)),
    ]


@pytest.mark.parametrize("key", ["", "k"])
@pytest.mark.parametrize("call", range(5))
async def test_nothing_is_written_and_the_index_and_the_key_to_allow_are_named(
    call: int, key: str
) -> None:
    async with world() as (lossy, client, dialog):
        kind, caller, request = calls(client, dialog, key)[call]
        index = allow(lossy, kind, "title")
        before = rows(lossy, kind)
        for _ in range(2):
            refused = await caller.fails(request)
            assert refused.reason is Reason.SERVICE_KEY_NOT_ALLOWED
            named = "chat3_direct" if "Direct" in type(request).__name__ else "chat3_key"
            assert refused.metadata == {"kind": kind, "index_id": INDEX, "key": named}
            assert rows(lossy, kind) == before
        lossy.store.meta_indexes.remove(index)
        allow(lossy, kind, "title", *KEYS[kind])
        assert await caller.call(request)
        assert rows(lossy, kind) == before + 1


@pytest.mark.parametrize("key", ["", "k"])
@pytest.mark.parametrize("call", [0, 1, 3, 4])
async def test_an_index_that_appears_after_the_look_leaves_one_row_and_is_told(
    call: int, key: str
) -> None:
    appeared: list[MetaIndex] = []

    def appear(step: Step) -> None:
        if step.name in {"dialog row", "topic row"} and not appeared:
            appeared.append(allow(lossy, step.name.split()[0], "title"))

    async with world(appear) as (lossy, client, dialog):
        kind, caller, request = calls(client, dialog, key)[call]
        before = rows(lossy, kind)
        for _ in range(3):
            refused = await caller.fails(request)
            assert refused.reason is Reason.SERVICE_KEY_NOT_ALLOWED
        assert rows(lossy, kind) == before + 1
        lossy.store.meta_indexes.remove(appeared[0])
        assert await caller.call(request)


@pytest.mark.parametrize("call", [0, 1])
async def test_a_user_is_told_which_key_of_the_request_is_not_allowed(call: int) -> None:
    async with world() as (lossy, client, dialog):
        kind, caller, request = calls(client, dialog, "")[call]
        allow(lossy, kind, "chat3_key", "n")
        refused = await caller.fails(request)
        assert refused.reason is Reason.META_INDEX_CONFLICT
        assert (refused.metadata["index_id"], refused.metadata["key"]) == (INDEX, "title")
