"""ListMessageVersions: the earlier texts of any message."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListMessageVersionsRequest
) -> pb.ListMessageVersionsResponse:
    item = await dependencies.messages.known(call.identity, request.message_id)
    texts = [] if item.deleted else await dependencies.messages.versions(call.identity, item)
    with understood(routes.VERSIONS):
        return pb.ListMessageVersionsResponse(versions=list(map(entities.message_version, texts)))


METHOD: Final = Unary(
    request=pb.ListMessageVersionsRequest,
    response=pb.ListMessageVersionsResponse,
    kind="read",
    rules={
        "message_id": fields.MESSAGE_ID,
    },
    run=_run,
)
