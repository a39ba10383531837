"""The client of tenant-api: typed models out, failures of the catalogue, nothing of HTTP."""

from chat3_user.tenant_api.client import DuplicateGuardError, TenantApi

__all__ = ["DuplicateGuardError", "TenantApi"]
