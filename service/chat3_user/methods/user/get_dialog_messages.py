"""GetDialogMessages: a page of a dialog's messages."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.history import messages_page
from chat3_user.errors import CallError
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetDialogMessagesRequest
) -> pb.GetDialogMessagesResponse:
    identity = call.identity
    try:
        page = await messages_page(dependencies.api, call, request)
    except CallError as error:
        raise await dependencies.access.named(error, identity, request.dialog_id) from error
    shown = await dependencies.deleted.marked(identity, page.messages)
    with understood(routes.USER_MESSAGES):
        return pb.GetDialogMessagesResponse(
            messages=[entities.message(item, identity.user_id) for item in shown],
            next_page_token=page.next_token,
            previous_page_token=page.previous_token,
            total_size=page.total,
        )


METHOD: Final = Unary(
    request=pb.GetDialogMessagesRequest,
    response=pb.GetDialogMessagesResponse,
    kind="read",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
        "page": fields.MESSAGES_PAGE,
        "around_message_id": fields.AROUND_MESSAGE,
        "filter": fields.MESSAGE_FILTER,
        "sort": fields.MESSAGE_SORT,
    },
    run=_run,
)
