"""Reads the settings of a client from the environment: the variables that all clients share."""

import os
from collections.abc import Mapping
from typing import Any, Final

from chat3_client.address import DEFAULT_ADDRESS

DEFAULT_TENANT: Final = "tnt_default"


def back_end_settings(environ: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the options of a `TenantClient`; the process's own environment counts by default."""
    found = os.environ if environ is None else environ
    return {
        "address": found.get("CHAT3_ADDRESS") or DEFAULT_ADDRESS,
        "api_key": found.get("CHAT3_API_KEY", ""),
        "tenant": found.get("CHAT3_TENANT") or DEFAULT_TENANT,
        "tls": bool(found.get("CHAT3_TLS")),
    }


def user_settings(environ: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the options of a `Chat3Client`; a token replaces key, tenant and user."""
    found = os.environ if environ is None else environ
    settings = back_end_settings(found)
    if found.get("CHAT3_TOKEN"):
        named = {"address": settings["address"], "tls": settings["tls"]}
        return {**named, "token": found["CHAT3_TOKEN"]}
    return {**settings, "user": found.get("CHAT3_USER", "")}
