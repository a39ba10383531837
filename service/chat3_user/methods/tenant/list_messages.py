"""ListMessages: a page of the messages of any dialog."""

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
    dependencies: Dependencies, call: Call, request: pb.ListMessagesRequest
) -> pb.ListMessagesResponse:
    page = await dependencies.tenant_history.of_dialog(call, request)
    shown = await dependencies.deleted.marked(call.identity, page.messages)
    with understood(routes.DIALOG_MESSAGES):
        return pb.ListMessagesResponse(
            messages=[entities.message(item, call.identity.user_id) for item in shown],
            next_page_token=page.next_token,
            previous_page_token=page.previous_token,
            total_size=page.total,
        )


METHOD: Final = Unary(
    request=pb.ListMessagesRequest,
    response=pb.ListMessagesResponse,
    kind="read",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
        "around_message_id": fields.AROUND_ANY_MESSAGE,
        "filter": fields.MESSAGE_FILTER,
        "sort": fields.TENANT_MESSAGE_SORT,
    },
    run=_run,
)
