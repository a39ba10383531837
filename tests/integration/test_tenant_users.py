"""Back ends and their users: what is written, who may, and what stays another tenant's."""

import asyncio
from typing import Any

import pytest
from integration_vocabulary import Caller, Client, platform

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason as Reason
from chat3_api.chat3.user.v1 import GetUserRequest as GetUserAsUser
from chat3_api.google.protobuf import Struct
from support.gateway import KEY, NO_KEY, OTHER_TENANT, READ_KEY, TENANT, WRITE_KEY, Upstream

pytestmark = pytest.mark.broker("in_process")

WRITES = [
    pb.CreateUserRequest(user_id="new"),
    pb.UpsertUserRequest(user_id="bob", type="bot"),
    pb.UpdateUserRequest(user_id="bob", type="bot"),
    pb.DeleteUserRequest(user_id="bob"),
]


def custom_data(**keys: Any) -> Struct:
    return Struct.from_dict(keys)


def back_end_of(client: Client, *, tenant: str = TENANT, key: str = KEY) -> Caller:
    return client.with_metadata({"x-api-key": key, "x-tenant-id": tenant})


@pytest.fixture
def back_end(client: Client) -> Caller:
    return back_end_of(client)


def stored(upstream: Upstream, tenant: str = TENANT) -> dict[str, str]:
    """Return the types of a tenant's users by their ids."""
    return {row.user_id: row.type for row in upstream.store.users.page(tenant, limit=-1, offset=0)}


def meta_of(upstream: Upstream, user_id: str) -> dict[str, Any]:
    return dict(upstream.store.meta.of(TENANT, "user", user_id))


async def test_a_created_user_is_there_as_it_was_wanted(
    back_end: Caller, upstream: Upstream
) -> None:
    meta = custom_data(displayName="Zoë", n=1, deep={"a": [1]})
    made = await back_end.call(pb.CreateUserRequest(user_id="Zoe", type="bot", meta=meta))
    assert (made.user.user_id, made.user.type, made.user.display_name) == ("zoe", "bot", "Zoë")
    assert made.user.meta == meta
    assert made.user.create_time is not None
    assert made.user.stats.dialog_count == 0
    assert (await back_end.call(pb.GetUserRequest(user_id="ZOE"))).user == made.user
    assert stored(upstream) == {"zoe": "bot"}


async def test_a_user_without_a_type_is_a_user(back_end: Caller, upstream: Upstream) -> None:
    made = await back_end.call(pb.CreateUserRequest(user_id="bob"))
    assert (made.user.type, made.user.meta, made.user.display_name) == ("user", Struct(), None)
    assert stored(upstream) == {"bob": "user"}


async def test_a_user_who_is_there_is_not_created_again_nor_touched(
    back_end: Caller, upstream: Upstream
) -> None:
    upstream.store.add_user(TENANT, "bob", type="contact", meta={"n": 1})
    refused = await back_end.fails(
        pb.CreateUserRequest(user_id="BOB", type="bot", meta=custom_data(n=2))
    )
    assert refused.reason is Reason.USER_EXISTS
    assert refused.metadata == {"user_id": "bob"}
    assert stored(upstream) == {"bob": "contact"}
    assert meta_of(upstream, "bob") == {"n": 1}


async def test_of_two_creations_at_once_one_is_refused(
    back_end: Caller, upstream: Upstream
) -> None:
    async def create(kind: str) -> str:
        try:
            await back_end.call(pb.CreateUserRequest(user_id="bob", type=kind))
        except Exception as error:  # noqa: BLE001 - which of the two, is chance
            return str(error)
        return "created"

    outcomes = await asyncio.gather(*(create(kind) for kind in ("bot", "user", "contact", "bot")))
    assert outcomes.count("created") == 1
    assert len(stored(upstream)) == 1


async def test_equal_creations_in_two_tenants_both_come_past_the_guard(client: Client) -> None:
    tenants = (TENANT, OTHER_TENANT)
    request = pb.CreateUserRequest(user_id="bob", meta=custom_data(n=1))
    answers = await asyncio.gather(
        *(back_end_of(client, tenant=tenant).call(request) for tenant in tenants)
    )
    assert [answer.user.user_id for answer in answers] == ["bob", "bob"]


async def test_custom_data_alone_is_no_user_and_becomes_the_new_users(
    back_end: Caller, upstream: Upstream
) -> None:
    await platform(upstream, "PUT", "/meta/user/ghost/old", {"value": "kept"})
    for request in (
        pb.GetUserRequest(user_id="ghost"),
        pb.UpdateUserRequest(user_id="ghost", type="bot"),
        pb.DeleteUserRequest(user_id="ghost"),
    ):
        assert (await back_end.fails(request)).reason is Reason.USER_NOT_FOUND
    assert (await back_end.call(pb.ListUsersRequest())).users == []
    made = await back_end.call(pb.CreateUserRequest(user_id="ghost", meta=custom_data(new=1)))
    assert made.user.meta == custom_data(old="kept", new=1)


async def test_upsert_creates_then_changes_then_leaves(
    back_end: Caller, upstream: Upstream
) -> None:
    upsert = pb.UpsertUserRequest
    first = await back_end.call(upsert(user_id="Bob", meta=custom_data(n=1)))
    second = await back_end.call(upsert(user_id="bob", type="bot", meta=custom_data(m=2)))
    third = await back_end.call(upsert(user_id="bob"))
    assert [each.created for each in (first, second, third)] == [True, False, False]
    assert [each.user.type for each in (first, second, third)] == ["user", "bot", "bot"]
    assert third.user.meta == custom_data(n=1, m=2)
    assert stored(upstream) == {"bob": "bot"}


@pytest.mark.broker("rabbitmq")
async def test_update_sets_and_removes_and_tells_the_user(
    back_end: Caller, bob: Caller, upstream: Upstream
) -> None:
    upstream.store.add_user(TENANT, "bob", meta={"old": 1, "kept": 2})
    async with bob.subscribed() as stream:
        changed = await back_end.call(
            pb.UpdateUserRequest(
                user_id="bob", type="bot", meta=custom_data(new=3), remove_keys=["old", "none"]
            )
        )
        update = await stream.update()
    assert changed.user.type == "bot"
    assert changed.user.meta == custom_data(kept=2, new=3)
    assert update.user_id == "bob"
    unchanged = await back_end.call(pb.UpdateUserRequest(user_id="bob"))
    assert unchanged.user == changed.user


async def test_removing_needs_a_permission_and_changes_nothing_without_it(
    client: Client, upstream: Upstream
) -> None:
    upstream.store.add_key("key-edit", ("read", "write"))
    upstream.store.add_user(TENANT, "bob", meta={"old": 1})
    request = pb.UpdateUserRequest(
        user_id="bob", type="bot", meta=custom_data(new=1), remove_keys=["old"]
    )
    refused = await back_end_of(client, key="key-edit").fails(request)
    assert refused.metadata == {"permission": "delete"}
    assert stored(upstream) == {"bob": "user"}
    assert meta_of(upstream, "bob") == {"old": 1}


async def test_a_deleted_user_is_gone_and_what_was_theirs_stays(
    back_end: Caller, upstream: Upstream
) -> None:
    dialog = upstream.dialog("alice", "bob")
    await back_end.call(pb.UpdateUserRequest(user_id="bob", meta=custom_data(n=1)))
    deleting = pb.DeleteUserRequest(user_id="Bob", idempotency_key="k")
    assert await back_end.call(deleting) == pb.DeleteUserResponse()
    assert (await back_end.called(deleting))[1]["idempotency-replayed"] == "true"
    gone = await back_end.fails(pb.GetUserRequest(user_id="bob"))
    assert gone.reason is Reason.USER_NOT_FOUND
    members = {row.user_id for row in upstream.store.members.of_dialog(TENANT, dialog)}
    assert members == {"alice", "bob"}
    assert meta_of(upstream, "bob") == {"n": 1}
    again = await back_end.fails(pb.DeleteUserRequest(user_id="bob"))
    assert again.reason is Reason.USER_NOT_FOUND


@pytest.mark.parametrize("key", [READ_KEY, NO_KEY])
@pytest.mark.parametrize("request_", WRITES, ids=lambda each: type(each).__name__)
async def test_no_key_writes_what_the_platform_itself_would_let_it_write(
    client: Client, upstream: Upstream, request_: Any, key: str
) -> None:
    upstream.store.add_user(TENANT, "bob")
    refused = await back_end_of(client, key=key).fails(request_)
    assert refused.reason is Reason.PERMISSION_MISSING
    assert stored(upstream) == {"bob": "user"}


async def test_deleting_needs_delete_and_writing_does_not_do(
    client: Client, upstream: Upstream
) -> None:
    upstream.store.add_key("key-edit", ("read", "write"))
    upstream.store.add_user(TENANT, "bob")
    refused = await back_end_of(client, key="key-edit").fails(pb.DeleteUserRequest(user_id="bob"))
    assert refused.metadata == {"permission": "delete"}
    assert stored(upstream) == {"bob": "user"}


@pytest.mark.parametrize("key", [WRITE_KEY, NO_KEY])
@pytest.mark.parametrize("user_id", ["bob", "nobody"])
async def test_permission_is_judged_before_existence(
    client: Client, upstream: Upstream, key: str, user_id: str
) -> None:
    upstream.store.add_user(TENANT, "bob")
    caller = back_end_of(client, key=key)
    for request in (
        pb.GetUserRequest(user_id=user_id),
        pb.ListUsersRequest(filter=f"(user_id,eq,{user_id})"),
        pb.CreateUserRequest(user_id=user_id),
        pb.UpdateUserRequest(user_id=user_id),
        pb.DeleteUserRequest(user_id=user_id),
    ):
        assert (await caller.fails(request)).reason is Reason.PERMISSION_MISSING
    assert stored(upstream) == {"bob": "user"}


async def test_another_tenants_users_are_neither_seen_nor_touched(
    client: Client, back_end: Caller, upstream: Upstream
) -> None:
    upstream.store.add_user(OTHER_TENANT, "eve", meta={"secret": 1})
    for request in (
        pb.GetUserRequest(user_id="eve"),
        pb.UpdateUserRequest(user_id="eve", type="bot"),
        pb.DeleteUserRequest(user_id="eve"),
    ):
        assert (await back_end.fails(request)).reason is Reason.USER_NOT_FOUND
    for text in ("", "(user_id,eq,eve)", "(meta.secret,eq,1)"):
        assert (await back_end.call(pb.ListUsersRequest(filter=text))).users == []
    await back_end.call(pb.UpsertUserRequest(user_id="eve", type="bot"))
    assert stored(upstream, OTHER_TENANT) == {"eve": "user"}
    listed = await back_end_of(client, tenant=OTHER_TENANT).call(pb.ListUsersRequest())
    assert [user.type for user in listed.users] == ["user"]


@pytest.mark.parametrize(
    "text",
    [
        f"(tenantId,eq,{OTHER_TENANT})",
        f"(tenant_id,eq,{OTHER_TENANT})",
        f"(type,eq,user)&(tenantId,eq,{OTHER_TENANT})",
        f'{{"tenantId":"{OTHER_TENANT}"}}',
        "(stats.dialogCount,gt,0)",
        "(meta.__proto__,gt,1)",
        "garbage",
    ],
)
async def test_a_filter_never_reaches_past_the_tenant(
    back_end: Caller, upstream: Upstream, text: str
) -> None:
    upstream.store.add_user(OTHER_TENANT, "eve")
    refused = await back_end.fails(pb.ListUsersRequest(filter=text))
    assert refused.reason is Reason.INVALID_FIELD
    assert not upstream.prototype.poisoned


@pytest.mark.parametrize("sort", ['{"tenantId":1}', "(tenantId,asc)", "(stats,asc)", "createdAt"])
async def test_a_sort_is_of_three_fields(back_end: Caller, sort: str) -> None:
    refused = await back_end.fails(pb.ListUsersRequest(sort=sort))
    assert refused.reason is Reason.INVALID_FIELD


def users(upstream: Upstream, count: int) -> None:
    for number in range(count):
        upstream.store.add_user(
            TENANT,
            f"u{number}",
            type=("user", "bot", "contact")[number % 3],
            meta={"even": number % 2 == 0},
            created_at=1_795_424_735_000.0 + number,
        )


async def names(caller: Caller, **fields: Any) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        answer = await caller.call(pb.ListUsersRequest(page_token=token, **fields))
        found += [user.user_id for user in answer.users]
        token = answer.next_page_token
        if not token:
            return found


async def test_lists_are_filtered_sorted_and_continued(
    back_end: Caller, upstream: Upstream
) -> None:
    users(upstream, 7)
    ascending = [f"u{number}" for number in range(7)]
    assert await names(back_end, page_size=3) == ascending[::-1]
    assert await names(back_end, page_size=3, sort="(create_time,asc)") == ascending
    assert await names(back_end, page_size=2, sort="(user_id,desc)") == ascending[::-1]
    assert set(await names(back_end, filter="(type,eq,bot)")) == {"u1", "u4"}
    assert await names(back_end, filter="(user_id,in,[u1,u3])") == ["u3", "u1"]
    assert set(await names(back_end, filter="(meta.even,eq,true)")) == {"u0", "u2", "u4", "u6"}
    after = "(create_time,gt,1795424735004.5)"
    assert set(await names(back_end, filter=after)) == {"u5", "u6"}
    counted = await back_end.call(pb.ListUsersRequest(page_size=3, include_total_size=True))
    assert counted.total_size == 7
    (listed,) = (await back_end.call(pb.ListUsersRequest(filter="(user_id,eq,u4)"))).users
    assert (listed.meta, listed.display_name) == (None, None)
    assert listed.stats is not None


async def test_a_page_token_is_of_its_tenant_and_api_key(
    client: Client, back_end: Caller, upstream: Upstream
) -> None:
    users(upstream, 3)
    token = (await back_end.call(pb.ListUsersRequest(page_size=1))).next_page_token
    request = pb.ListUsersRequest(page_size=1, page_token=token)
    assert (await back_end.call(request)).users
    for other in (
        back_end_of(client, key=READ_KEY),
        back_end_of(client, tenant=OTHER_TENANT),
    ):
        assert (await other.fails(request)).reason is Reason.PAGE_TOKEN_INVALID


async def test_a_key_is_of_its_api_key_and_its_service(
    client: Client, back_end: Caller, upstream: Upstream
) -> None:
    upstream.store.add_key("key-more", ("read", "write"))
    request = pb.UpsertUserRequest(user_id="bob", idempotency_key="k")
    first = await back_end.call(request)
    other, trailing = await back_end_of(client, key="key-more").called(request)
    assert (first.created, other.created) == (True, False)
    assert "idempotency-replayed" not in trailing
    seen = await client.as_user("bob").call(GetUserAsUser(user_id="bob"))
    assert seen.user.user_id == "bob"


async def test_what_is_too_large_for_the_platform_leaves_no_user(
    back_end: Caller, upstream: Upstream
) -> None:
    meta = custom_data(text="x" * 102_400)
    refused = await back_end.fails(pb.CreateUserRequest(user_id="bob", meta=meta))
    assert refused.reason is Reason.REQUEST_TOO_LARGE
    assert stored(upstream) == {}


@pytest.mark.parametrize(
    ("kind", "user_id"), [("a.b", "bob"), ("a b", "bob"), ("x" * 51, "bob"), ("x" * 50, "ж" * 100)]
)
async def test_a_type_that_a_routing_key_has_no_room_for_is_refused(
    back_end: Caller, kind: str, user_id: str
) -> None:
    for request in (pb.CreateUserRequest, pb.UpsertUserRequest, pb.UpdateUserRequest):
        refused = await back_end.fails(request(user_id=user_id, type=kind))
        assert list(refused.violations) == ["type"]
