"""GetMessage: one message of the tenant."""

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
    dependencies: Dependencies, call: Call, request: pb.GetMessageRequest
) -> pb.GetMessageResponse:
    item = await dependencies.messages.known(call.identity, request.message_id)
    (shown,) = await dependencies.deleted.marked(call.identity, [item])
    with understood(routes.MESSAGE):
        return pb.GetMessageResponse(message=entities.message(shown, call.identity.user_id))


METHOD: Final = Unary(
    request=pb.GetMessageRequest,
    response=pb.GetMessageResponse,
    kind="read",
    rules={
        "message_id": fields.MESSAGE_ID,
    },
    run=_run,
)
