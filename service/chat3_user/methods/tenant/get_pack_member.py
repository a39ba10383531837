"""GetPackMember: one user's unread counts in a pack."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.tenant_packs import pack_member
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetPackMemberRequest
) -> pb.GetPackMemberResponse:
    identity, pack_id, user_id = call.identity, request.pack_id, request.user_id.lower()
    spellings = await dependencies.pack_members.spellings(identity, pack_id, user_id)
    answer = await dependencies.api.call(
        routes.USER_PACK, identity, pack_id=pack_id, user_id=spellings[0]
    )
    with understood(routes.USER_PACK):
        return pb.GetPackMemberResponse(membership=pack_member(answer.data))


METHOD: Final = Unary(
    request=pb.GetPackMemberRequest,
    response=pb.GetPackMemberResponse,
    kind="read",
    rules={"pack_id": fields.PACK_ID, "user_id": fields.USER_ID},
    run=_run,
)
