"""TenantService: the generated base, served by the methods of its registry."""

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.methods import tenant
from chat3_user.rpc.service import Served


class TenantService(Served, pb.TenantServiceBase):
    """Chat3 as a tenant's back end sees it."""

    METHODS = tenant.METHODS
