"""Messages whose custom data a meta index refuses: none is left, and the caller learns why."""

from typing import Any

import pytest
from idempotency_vocabulary import Lossy, lossy_platform, service
from integration_vocabulary import sending

from chat3_api.chat3.tenant import v1 as tenant
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.google.protobuf import Struct
from chat3_embedded.generations import NEWEST, OLDEST
from chat3_embedded.settings import Settings
from chat3_embedded.store.records import MetaIndex
from support.gateway import KEY, TENANT

pytestmark = pytest.mark.broker("in_process")

BACK_END = {"x-api-key": KEY, "x-tenant-id": TENANT}
UNIQUE = MetaIndex(TENANT, "message", "unique:order", "unique", ["order"], None, "test", 1.0)


def request_of(dialog: str, key: str, *, by_back_end: bool, **meta: Any) -> Any:
    more = {"meta": Struct.from_dict(meta), "idempotency_key": key}
    if by_back_end:
        return tenant.SendMessageRequest(dialog_id=dialog, sender_id="alice", content="x", **more)
    return sending(dialog, "x", **more)


def alive(lossy: Lossy, dialog: str) -> list[str]:
    found = lossy.store.messages.page({"tenantId": TENANT, "dialogId": dialog})
    return [message.message_id for message in found if not message.deleted]


@pytest.mark.parametrize("by_back_end", [False, True])
@pytest.mark.parametrize("key", ["", "k"])
async def test_a_value_that_must_be_unique_leaves_no_message(
    key: str, *, by_back_end: bool
) -> None:
    async with lossy_platform(Settings(platform=NEWEST)) as lossy, service(lossy) as client:
        caller = client.with_metadata(BACK_END) if by_back_end else client.as_user("alice")
        dialog = lossy.dialog("alice", "bob")
        lossy.store.meta_indexes.add(UNIQUE)
        first = request_of(dialog, "", by_back_end=by_back_end, order="4711")
        await caller.call(first)
        there = alive(lossy, dialog)
        request = request_of(dialog, key, by_back_end=by_back_end, title="t", order="4711")
        refused = await caller.fails(request)
        assert refused.reason is Reason.META_INDEX_CONFLICT
        named = {"index_id": UNIQUE.index_id}
        assert refused.metadata == {"kind": "message", "code": "DUPLICATE_INDEX", **named}
        assert alive(lossy, dialog) == there
        lossy.store.meta_indexes.remove(UNIQUE)
        sent = (await caller.call(request)).message
        assert alive(lossy, dialog) == [*there, sent.message_id]


@pytest.mark.parametrize("by_back_end", [False, True])
async def test_a_platform_that_cannot_delete_keeps_it_and_it_is_named_and_completed(
    *, by_back_end: bool
) -> None:
    async with lossy_platform(Settings(platform=OLDEST)) as lossy, service(lossy) as client:
        caller = client.with_metadata(BACK_END) if by_back_end else client.as_user("alice")
        dialog = lossy.dialog("alice", "bob")
        lossy.store.meta_indexes.add(UNIQUE)
        await caller.call(request_of(dialog, "", by_back_end=by_back_end, order="4711"))
        request = request_of(dialog, "k", by_back_end=by_back_end, order="4711")
        refused = await caller.fails(request)
        assert refused.reason is Reason.META_INDEX_CONFLICT
        left = refused.metadata["left_id"]
        assert left in alive(lossy, dialog)
        lossy.store.meta_indexes.remove(UNIQUE)
        assert (await caller.call(request)).message.message_id == left
        assert len(alive(lossy, dialog)) == 2


@pytest.mark.parametrize(
    ("mode", "keys", "code"),
    [
        ("allowed", ["chat3_key", "title"], "META_KEY_NOT_ALLOWED"),
        ("required", ["other"], "INDEX_KEYS_REQUIRED"),
    ],
)
async def test_what_the_request_alone_breaks_is_refused_before_anything_is_written(
    mode: str, keys: list[str], code: str
) -> None:
    async with lossy_platform(Settings(platform=NEWEST)) as lossy, service(lossy) as client:
        caller = client.with_metadata(BACK_END)
        dialog = lossy.dialog("alice", "bob")
        index = MetaIndex(TENANT, "message", f"{mode}:x", mode, keys, None, "test", 1.0)
        lossy.store.meta_indexes.add(index)
        request = request_of(dialog, "k", by_back_end=True, order="4711")
        refused = await caller.fails(request)
        assert refused.metadata["kind"] == "message"
        assert refused.metadata["code"] == code
        assert alive(lossy, dialog) == []
        # A refusal is by what is demanded now, not by what was.
        lossy.store.meta_indexes.remove(index)
        assert await caller.call(request)
