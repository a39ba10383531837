"""GetMetaIndex: one demand on custom data."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.meta_indexes import KINDS, meta_index
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetMetaIndexRequest
) -> pb.GetMetaIndexResponse:
    index = await dependencies.meta_indexes.known(
        call.identity, KINDS[request.kind], request.index_id
    )
    with understood(routes.META_INDEXES):
        return pb.GetMetaIndexResponse(index=meta_index(request.kind, index))


METHOD: Final = Unary(
    request=pb.GetMetaIndexRequest,
    response=pb.GetMetaIndexResponse,
    kind="read",
    rules={"kind": fields.META_KIND, "index_id": fields.META_INDEX_ID},
    run=_run,
)
