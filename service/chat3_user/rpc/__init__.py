"""The implementations of the generated service bases."""

from chat3_user.rpc.service import Served
from chat3_user.rpc.tenant_service import TenantService
from chat3_user.rpc.user_service import UserService

__all__ = ["Served", "TenantService", "UserService"]
