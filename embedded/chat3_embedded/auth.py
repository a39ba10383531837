"""Who calls: API key, tenant and permission, checked in the recorded order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat3_embedded.errors import forbidden, not_found, unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat3_embedded.store import Store
    from chat3_embedded.store.records import ApiKey

DEFAULT_TENANT = "tnt_default"


def authenticate(store: Store, headers: Mapping[str, str]) -> ApiKey:
    """Return the API key that `X-API-Key` names, or raise 401; a bearer token is not read."""
    given = headers.get("X-API-Key")
    if not given:
        raise unauthorized("API key is required. Please provide it in the X-API-Key header.")
    key = store.tenants.key(given)
    if key is None:
        raise unauthorized("Invalid API key")
    expired = key.expires_at is not None and key.expires_at <= store.clock.now()
    if expired or not key.active:
        raise unauthorized("API key is expired or inactive")
    return key


def resolve_tenant(store: Store, headers: Mapping[str, str]) -> str:
    """Return the tenant that `X-Tenant-Id` names; no header means the default tenant."""
    tenant_id = headers.get("X-Tenant-Id", "").strip().lower() or DEFAULT_TENANT
    if store.tenants.get(tenant_id) is None:
        raise not_found(f"Tenant '{tenant_id}' not found")
    return tenant_id


def require_permission(key: ApiKey, permission: str, text: str | None = None) -> None:
    """Raise 403 unless the key has the permission; no key belongs to a tenant."""
    if permission not in key.permissions:
        raise forbidden(text or f"Permission '{permission}' is required")
