"""GetPack: one pack of the tenant, with counters."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.tenant_packs import tenant_pack
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetPackRequest
) -> pb.GetPackResponse:
    pack = await dependencies.packs.known(call.identity, request.pack_id)
    with understood(routes.PACK):
        return pb.GetPackResponse(pack=tenant_pack(pack))


METHOD: Final = Unary(
    request=pb.GetPackRequest,
    response=pb.GetPackResponse,
    kind="read",
    rules={"pack_id": fields.PACK_ID},
    run=_run,
)
