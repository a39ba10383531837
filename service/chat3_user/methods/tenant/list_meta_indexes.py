"""ListMetaIndexes: what the tenant demands of the custom data of one kind of thing."""

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
    dependencies: Dependencies, call: Call, request: pb.ListMetaIndexesRequest
) -> pb.ListMetaIndexesResponse:
    indexes = await dependencies.meta_indexes.of(call.identity, KINDS[request.kind])
    with understood(routes.META_INDEXES):
        return pb.ListMetaIndexesResponse(
            indexes=[meta_index(request.kind, index) for index in indexes]
        )


METHOD: Final = Unary(
    request=pb.ListMetaIndexesRequest,
    response=pb.ListMetaIndexesResponse,
    kind="read",
    rules={"kind": fields.META_KIND},
    run=_run,
)
