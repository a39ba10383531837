"""What the environment says of a server: read once, and refused with the name of the variable."""

from __future__ import annotations

import pytest
from contract_environment import named_server

GIVEN = {
    "TENANT_API_URL": "http://127.0.0.1:3000/",
    "TENANT_API_KEY": "secret",
    "TENANT_API_VERSION": "0.0.86",
}


def test_without_an_url_the_double_is_meant() -> None:
    assert named_server({}) is None
    assert named_server({**GIVEN, "TENANT_API_URL": ""}) is None


def test_three_variables_are_enough() -> None:
    server = named_server(GIVEN)
    assert server is not None
    assert (server.url, server.version) == ("http://127.0.0.1:3000", "0.0.86")
    assert (server.tenant, server.second_tenant) == ("tnt_default", None)
    assert (server.database, server.patience, server.may_make_tenants) == ("mongodb", 60.0, False)
    assert server.keys == {
        "full": "secret",
        **dict.fromkeys(("read", "write", "none", "inactive", "expired")),
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TENANT_API_KEY", ""),
        ("TENANT_API_VERSION", ""),
        ("TENANT_API_VERSION", "1.0.0"),
        ("TENANT_API_PATIENCE", "long"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    with pytest.raises(pytest.UsageError, match=name):
        named_server({**GIVEN, name: value})


def test_tenants_are_made_only_where_they_may_be() -> None:
    for value, may in (("yes", True), ("1", True), ("no", False), ("0", False), ("", False)):
        server = named_server({**GIVEN, "TENANT_API_MAKE_TENANTS": value})
        assert server is not None
        assert server.may_make_tenants is may
