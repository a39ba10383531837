"""GetUser: one user of the tenant, with custom data and counters."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.tenant_users import tenant_user
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields
from chat3_user.validation.user_ids import normal_user_id


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetUserRequest
) -> pb.GetUserResponse:
    user_id = normal_user_id(request.user_id) or ""
    user = await dependencies.users.known(call.identity, user_id)
    with understood(routes.USER):
        return pb.GetUserResponse(user=tenant_user(user))


METHOD: Final = Unary(
    request=pb.GetUserRequest,
    response=pb.GetUserResponse,
    kind="read",
    rules={
        "user_id": fields.USER_ID,
    },
    run=_run,
)
