"""The client of tenant-api: typed models out, failures of the catalogue, nothing of HTTP."""

from chat3_user.tenant_api.answers import DuplicateGuardError
from chat3_user.tenant_api.client import TenantApi

__all__ = ["DuplicateGuardError", "TenantApi"]
