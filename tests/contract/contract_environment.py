"""What the environment says about the server under test; CONTRIBUTING.md explains each variable."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from chat3_embedded import NEWEST, OLDEST, VERSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

# The tests name keys by what they may do; the recordings have names of their own.
ROLES = ("full", "read", "write", "none", "inactive", "expired")
MONGODB = "mongodb"
_NO = frozenset({"", "0", "no", "false"})


@dataclass(frozen=True)
class Server:
    """A server that the tester has named, and what the tester has said about it."""

    url: str
    version: str
    keys: Mapping[str, str | None]
    tenant: str
    second_tenant: str | None
    database: str
    # Seconds to wait for what the platform does late: counters, background tasks.
    patience: float
    # Whether the suite may make tenants of its own, which stay behind.
    may_make_tenants: bool


def named_server(environment: Mapping[str, str] = os.environ) -> Server | None:
    """Return the server that the environment names; None when it is the embedded one.

    Raises:
        pytest.UsageError: A variable is missing or has no meaning; the text names it.
    """
    url = environment.get("TENANT_API_URL")
    if not url:
        return None
    for name in ("TENANT_API_KEY", "TENANT_API_VERSION"):
        if not environment.get(name):
            raise pytest.UsageError(f"TENANT_API_URL is set, so {name} must be, too")
    version = environment["TENANT_API_VERSION"]
    if version not in VERSIONS:
        raise pytest.UsageError(f"TENANT_API_VERSION must be one of {', '.join(VERSIONS)}")
    keys = {role: environment.get(f"TENANT_API_{role.upper()}_KEY") for role in ROLES}
    return Server(
        url.rstrip("/"),
        version,
        {**keys, "full": environment["TENANT_API_KEY"]},
        environment.get("TENANT_API_TENANT", "tnt_default"),
        environment.get("TENANT_API_SECOND_TENANT"),
        environment.get("TENANT_API_DATABASE", MONGODB),
        _seconds(environment, "TENANT_API_PATIENCE", 60.0),
        may_make_tenants=environment.get("TENANT_API_MAKE_TENANTS", "") not in _NO,
    )


def _seconds(environment: Mapping[str, str], name: str, default: float) -> float:
    text = environment.get(name, "")
    try:
        return float(text) if text else default
    except ValueError:
        raise pytest.UsageError(f"{name} must be a number of seconds, not {text!r}") from None


def versions_under_test() -> tuple[str, ...]:
    """Return the version of the named server, or the generations that the double plays."""
    server = named_server()
    return (server.version,) if server else (OLDEST, NEWEST)
