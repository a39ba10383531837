"""ListPackMessages: the messages of all dialogs of a pack."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import cursor_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListPackMessagesRequest
) -> pb.ListPackMessagesResponse:
    page = cursor_page(request, call)
    answer = await dependencies.api.call(
        routes.MESSAGES_OF_PACK, call.identity, query=page.query, pack_id=request.pack_id
    )
    shown = await dependencies.deleted.marked(call.identity, answer.data)
    with understood(routes.MESSAGES_OF_PACK):
        return pb.ListPackMessagesResponse(
            messages=[entities.message(item, call.identity.user_id) for item in shown],
            next_page_token=page.token(answer.cursor.next),
        )


METHOD: Final = Unary(
    request=pb.ListPackMessagesRequest,
    response=pb.ListPackMessagesResponse,
    kind="read",
    rules={
        "pack_id": fields.PACK_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
    },
    run=_run,
)
