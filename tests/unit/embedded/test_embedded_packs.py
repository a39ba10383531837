"""Packs: what is worse on the double than anybody has read of the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aiohttp

from chat3_embedded import serve
from chat3_embedded.store.records import Pack, PackLink

if TYPE_CHECKING:
    from chat3_embedded import Store

TENANT = "tnt_one"


async def test_a_filter_may_name_dialogs_outside_the_pack(store: Store) -> None:
    """As in the lists where this was recorded: the gateway must not rely on the better."""
    store.add_tenant(TENANT)
    store.add_key("key")
    own, secret = (store.add_dialog(TENANT, [user]) for user in ("alice", "bob"))
    store.add_message(TENANT, own.dialog_id, "alice", "mine")
    store.add_message(TENANT, secret.dialog_id, "bob", "top secret")
    pack = Pack(TENANT, "pck_aaaaaaaaaaaaaaaaaaaa", 1.0)
    store.packs.add(pack)
    store.packs.link(PackLink(TENANT, pack.pack_id, own.dialog_id, 2.0))
    headers = {"X-API-Key": "key", "X-Tenant-Id": TENANT}
    async with serve(store=store) as url, aiohttp.ClientSession(headers=headers) as session:
        path = f"{url}/api/users/alice/packs/{pack.pack_id}/messages"
        for query, expected in (
            ("", "mine"),
            (f"?filter=(dialogId,eq,{secret.dialog_id})", "top secret"),
        ):
            async with session.get(path + query) as answer:
                page = await answer.json()
            assert [message["content"] for message in page["data"]] == [expected]
