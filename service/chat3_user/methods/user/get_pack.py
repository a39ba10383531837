"""GetPack: one pack, with its counters."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.packs import single_pack
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetPackRequest
) -> pb.GetPackResponse:
    answer = await dependencies.api.call(routes.USER_PACK, call.identity, pack_id=request.pack_id)
    with understood(routes.USER_PACK):
        return pb.GetPackResponse(pack=single_pack(answer.data))


METHOD: Final = Unary(
    request=pb.GetPackRequest,
    response=pb.GetPackResponse,
    kind="read",
    rules={
        "pack_id": fields.PACK_ID,
    },
    run=_run,
)
