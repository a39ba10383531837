"""Packs as the tenant's back end sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from contract_packs import UNKNOWN_PACK, linked, pack_of, put_in

if TYPE_CHECKING:
    from contract_target import Target
    from contract_world import World

pytestmark = pytest.mark.read("packs: the controllers' code (0.0.80 and 0.0.86)")


async def test_a_pack_is_made_and_deleted(api: Target) -> None:
    created = await api.call("POST", "/api/packs", {"meta": {"a": 1}})
    assert (created.status, created.json.keys()) == (201, {"data"})
    pack = created.json["data"]
    assert pack.keys() == {"packId", "tenantId", "createdAt", "meta"}
    assert (pack["meta"], pack["packId"][:4], len(pack["packId"])) == ({"a": 1}, "pck_", 24)
    path = f"/api/packs/{pack['packId']}"
    assert (await api.call("GET", path)).json["data"]["meta"] == {"a": 1}
    deleted = await api.call("DELETE", path)
    assert deleted.json == {"data": {"packId": pack["packId"]}, "message": "Pack deleted"}
    for method, where in (("GET", path), ("DELETE", path), ("GET", path + "/dialogs")):
        reply = await api.call(method, where)
        assert (reply.status, reply.json["message"]) == (404, "Pack not found")


async def test_permissions_are_as_elsewhere_save_for_taking_out(api: Target) -> None:
    path = f"/api/packs/{UNKNOWN_PACK}"
    for method, where, role, status in (
        ("GET", path, "read", 404),
        ("GET", path, "write", 403),
        ("POST", "/api/packs", "read", 403),
        ("DELETE", path, "write", 403),
        # Not `delete`: this route wants `write`.
        ("DELETE", f"{path}/dialogs/dlg_aaaaaaaaaaaaaaaaaaaa", "write", 404),
    ):
        reply = await api.call(method, where, {}, role=role)
        assert reply.status == status, (method, where, role)


async def test_a_dialog_is_put_in_once_and_taken_out_once(api: Target, world: World) -> None:
    pack, dialog = await pack_of(api), await world.dialog(await world.user("alice"))
    first = await put_in(api, pack, dialog)
    assert first.status == 201
    assert first.json["data"].keys() == {"packId", "dialogId", "addedAt"}
    again = await put_in(api, pack, dialog)
    assert (again.status, again.json["message"]) == (200, "Dialog already in pack")
    assert again.json["data"]["alreadyInPack"] is True
    path = f"/api/packs/{pack}/dialogs"
    (row,) = (await api.call("GET", path)).json["data"]
    assert row["dialogId"] == dialog
    assert isinstance(row["addedAt"], int | float)
    removed = await api.call("DELETE", f"{path}/{dialog}")
    assert removed.json["message"] == "Dialog removed from pack"
    gone = await api.call("DELETE", f"{path}/{dialog}")
    assert (gone.status, gone.json["message"]) == (404, "Dialog not found in pack")
    unknown = await put_in(api, pack, "dlg_aaaaaaaaaaaaaaaaaaaa")
    assert (unknown.status, unknown.json["message"]) == (404, "Dialog not found")


async def test_dialogs_are_listed_the_last_first_and_silently_fifty_at_most(
    api: Target, world: World
) -> None:
    pack = await pack_of(api)
    dialogs = [await world.dialog(meta={"n": number}) for number in range(3)]
    for dialog in dialogs:
        await put_in(api, pack, dialog)
    path = f"/api/packs/{pack}/dialogs"
    assert await linked(api, path) == dialogs[::-1]
    assert await linked(api, f"{path}?dialogId={dialogs[1]}") == [dialogs[1]]
    assert await linked(api, f"{path}?filter=(meta.n,gte,1)") == dialogs[:0:-1]
    assert await linked(api, f"{path}?limit=2&page=2") == dialogs[:1]
    reply = await api.call("GET", f"{path}?limit=500")
    assert (reply.status, reply.json["pagination"]["limit"]) == (200, 50)
    assert (await api.call("GET", path)).json["pagination"]["limit"] == 10


async def test_counters_count_members_once_and_once_a_dialog(api: Target, world: World) -> None:
    alice, bob = await world.user("alice"), await world.user("bob")
    dialogs = [await world.dialog(alice, bob), await world.dialog(alice)]
    pack = await pack_of(api, *dialogs)
    for dialog in dialogs:
        await world.message(dialog, alice, world.name(dialog))
        await api.call("POST", f"/api/dialogs/{dialog}/topics", {"meta": {"d": dialog}})

    async def stats() -> dict[str, Any]:
        counted = (await api.call("GET", f"/api/packs/{pack}")).json["data"]["stats"]
        return {name: number for name, number in counted.items() if name != "lastUpdatedAt"}

    expected = {
        "dialogCount": 2,
        "messageCount": 2,
        "uniqueMemberCount": 2,
        "sumMemberCount": 3,
        "uniqueTopicCount": 2,
        "sumTopicCount": 2,
    }
    await world.eventually(stats, expected)
    users = (await api.call("GET", f"/api/packs/{pack}/users")).json
    assert users.keys() == {"data"}
    assert sorted(user["userId"] for user in users["data"]) == sorted([alice, bob])


async def test_packs_are_filtered_and_sorted(api: Target, world: World) -> None:
    mark = world.name("mark")
    packs = [await pack_of(api, mark=mark, n=number) for number in range(3)]

    async def listed(query: str) -> list[str]:
        reply = await api.call("GET", f"/api/packs?{query}")
        return [pack["packId"] for pack in reply.json["data"]]

    wanted = f"filter=(meta.mark,eq,{mark})"
    assert await listed(wanted) == packs[::-1]
    assert await listed(wanted + "&sort=createdAt&sortDirection=asc") == packs
    assert await listed(f"filter=(packId,eq,{packs[1]})") == [packs[1]]


async def test_messages_of_a_pack_are_read_with_a_cursor(api: Target, world: World) -> None:
    alice = await world.user("alice")
    dialogs = [await world.dialog(alice), await world.dialog(alice)]
    pack = await pack_of(api, *dialogs)
    for number in range(5):
        await world.message(dialogs[number % 2], alice, str(number))
    path, cursor, texts = f"/api/packs/{pack}/messages?limit=2", "", []
    while True:
        page = (await api.call("GET", path + cursor)).json
        texts.append([message["content"] for message in page["data"]])
        assert page["hasMore"] == (page["cursor"]["next"] is not None)
        if not page["hasMore"]:
            break
        cursor = f"&cursor={page['cursor']['next']}"
    assert texts == [["4", "3"], ["2", "1"], ["0"]]
    broken = (await api.call("GET", f"{path}&cursor=!!!")).json
    assert [message["content"] for message in broken["data"]] == texts[0]
    assert (await api.call("GET", f"/api/packs/{pack}/messages?limit=101")).status == 400
    filtered = await api.call("GET", f'/api/packs/{pack}/messages?filter=(content,eq,"3")')
    assert [message["content"] for message in filtered.json["data"]] == ["3"]


async def test_reading_a_pack_for_all_counts_users_and_dialogs(api: Target, world: World) -> None:
    alice, bob = await world.user("alice"), await world.user("bob", type="contact")
    dialog = await world.dialog(alice, bob)
    pack = await pack_of(api, dialog)
    await world.message(dialog, alice)
    await world.eventually(lambda: world.unread(bob), 1)
    path = f"/api/packs/{pack}/markAllReadForAllUsers"
    assert (await api.call("POST", f"{path}?memberType=robot")).status == 400
    for query, users in (("?memberType=bot", 0), ("?memberType=contact", 1), ("", 2)):
        reply = await api.call("POST", path + query)
        assert reply.json["message"] == "Pack marked as read for all users"
        assert reply.json["data"]["processedUsersCount"] == users
    await world.eventually(lambda: world.unread(bob), 0)


async def test_meta_of_a_pack_is_meta(api: Target) -> None:
    path = f"/api/meta/pack/{await pack_of(api, a=1)}"
    assert (await api.call("PUT", f"{path}/b", {"value": 2})).status == 200
    assert (await api.call("GET", path)).json["data"] == {"a": 1, "b": 2}
