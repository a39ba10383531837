"""UserService: the generated base, served by the methods of its registry."""

from chat3_api.chat3.user import v1 as pb
from chat3_user.methods import user
from chat3_user.rpc.service import Served


class UserService(Served, pb.UserServiceBase):
    """Chat3 as one user sees it."""

    METHODS = user.METHODS
