"""Calls of two services never meet: not in keys, tokens, rates or names, whatever ids they have."""

import dataclasses

import pytest

from chat3_api.chat3.tenant import v1 as tenant_pb
from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call, service_of
from chat3_user.calls.service import TENANT, USER
from chat3_user.errors import CallError
from chat3_user.idempotency.keys import scope_digest
from chat3_user.limits.rates import MemoryRates, Rate, Rates
from chat3_user.methods import METHODS, tenant, user
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.validation import Identity, parse_tenant_identity

BACK_END = Identity("key-a", "tnt_one")
ANOTHER_KEY = dataclasses.replace(BACK_END, api_key="key-b")
ANOTHER_TENANT = dataclasses.replace(BACK_END, tenant_id="tnt_two")
SAME_NAMES = sorted(user.METHODS.keys() & tenant.METHODS.keys())
SENT = {"x-api-key": "key-a", "x-tenant-id": " TNT_One "}


def test_a_request_says_which_service_it_is_of() -> None:
    assert service_of(pb.GetUserRequest) is USER
    assert service_of(tenant_pb.GetUserRequest) is TENANT


def test_labels_of_the_user_service_are_its_names_as_stored_keys_have_them() -> None:
    assert all(METHODS[name] is method for name, method in user.METHODS.items())


@pytest.mark.parametrize("name", SAME_NAMES)
def test_a_name_that_both_services_have_has_two_labels(name: str) -> None:
    assert user.METHODS[name].label != tenant.METHODS[name].label
    # A user's id may read like the digest of a key.
    twin = Identity("key", "tnt_one", BACK_END.owner)
    assert twin.owner == BACK_END.owner
    scopes = {
        scope_digest(twin, user.METHODS[name].label, "k"),
        scope_digest(BACK_END, tenant.METHODS[name].label, "k"),
    }
    assert len(scopes) == 2


def test_some_name_is_of_both_services() -> None:
    assert "GetUser" in SAME_NAMES


def test_a_back_end_is_read_without_a_user() -> None:
    assert parse_tenant_identity(SENT | {"x-user-id": "%"}) == BACK_END
    with pytest.raises(CallError) as caught:
        parse_tenant_identity(SENT | {"x-tenant-id": "a b"})
    assert [violation.field for violation in caught.value.violations] == ["metadata.x-tenant-id"]


def test_keys_of_a_back_end_belong_to_tenant_and_api_key() -> None:
    scopes = {
        scope_digest(identity, "TenantService/CreateUser", "k")
        for identity in (BACK_END, ANOTHER_KEY, ANOTHER_TENANT)
    }
    assert len(scopes) == 3


def test_keys_of_a_user_belong_to_no_api_key() -> None:
    one, other = (Identity(key, "tnt_one", "alice") for key in ("key-a", "key-b"))
    assert scope_digest(one, "SendMessage", "k") == scope_digest(other, "SendMessage", "k")


def test_the_owner_does_not_tell_the_api_key() -> None:
    assert BACK_END.api_key not in BACK_END.owner


@pytest.mark.parametrize("reader", [ANOTHER_KEY, ANOTHER_TENANT, Identity("key-a", "tnt_one", "a")])
def test_page_tokens_of_a_back_end_belong_to_tenant_and_api_key(reader: Identity) -> None:
    def page_of(identity: Identity, token: str) -> int:
        request = pb.ListPacksRequest(page_size=1, page_token=token)
        return numbered_page(request, Call("TenantService/ListPacks", "r", identity)).number

    first = numbered_page(
        pb.ListPacksRequest(page_size=1), Call("TenantService/ListPacks", "r", BACK_END)
    )
    token = first.next_token(5)
    assert page_of(BACK_END, token) == 2
    with pytest.raises(CallError):
        page_of(reader, token)


async def test_a_back_end_spends_its_keys_rate_alone() -> None:
    once = Rate(1, "hour")
    rates = Rates(MemoryRates(), users={"read": once}, keys={"read": once})
    await rates.spend("read", BACK_END, {})
    await rates.spend("read", ANOTHER_KEY, {})
    for identity in (BACK_END, ANOTHER_TENANT):
        with pytest.raises(CallError) as caught:
            await rates.spend("read", identity, {})
        assert caught.value.metadata["subject"] == "API key"


def test_a_route_of_a_user_is_never_asked_without_one() -> None:
    with pytest.raises(TypeError, match="lacks its segment user_id"):
        routes.USER.path(BACK_END, {})
    assert routes.USER.path(BACK_END, {"user_id": "bob"}) == "/api/users/bob"
