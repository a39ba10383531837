"""Makes packs through the API under test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contract_target import Reply, Target

UNKNOWN_PACK = "pck_aaaaaaaaaaaaaaaaaaaa"


async def pack_of(api: Target, *dialogs: str, **meta: Any) -> str:
    """Make a pack of dialogs and return its id."""
    reply = await api.call("POST", "/api/packs", {"meta": meta})
    assert reply.status == 201, reply
    pack = str(reply.json["data"]["packId"])
    for dialog in dialogs:
        assert (await put_in(api, pack, dialog)).status == 201
    return pack


async def put_in(api: Target, pack: str, dialog: str) -> Reply:
    return await api.call("POST", f"/api/packs/{pack}/dialogs", {"dialogId": dialog})


async def linked(api: Target, path: str) -> list[str]:
    """Return the ids of the dialogs that a list of a pack's dialogs shows."""
    reply = await api.call("GET", path)
    assert reply.status == 200, reply
    return [row["dialogId"] for row in reply.json["data"]]
