"""GetDialogMessages: a page of a dialog's messages."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import CallError
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.methods.pages import DEFAULT_LIMIT
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import paged
from chat3_user.validation import fields, parse_message_filter, parse_message_sort


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetDialogMessagesRequest
) -> pb.GetDialogMessagesResponse:
    identity, dialog_id = call.identity, request.dialog_id
    query = paged(
        request.page or 1,
        request.page_size or DEFAULT_LIMIT,
        parse_message_filter(request.filter),
        parse_message_sort(request.sort),
    )
    try:
        page = await dependencies.api.call(
            routes.USER_MESSAGES, identity, query=query, dialog_id=dialog_id
        )
    except CallError as error:
        raise await dependencies.access.named(error, identity, dialog_id) from error
    shown = await dependencies.deleted.marked(identity, page.data)
    with understood(routes.USER_MESSAGES):
        return pb.GetDialogMessagesResponse(
            messages=[entities.message(item, identity.user_id) for item in shown],
        )


METHOD: Final = Unary(
    request=pb.GetDialogMessagesRequest,
    response=pb.GetDialogMessagesResponse,
    kind="read",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "page": fields.PAGE,
        "page_size": fields.PAGE_SIZE,
        "filter": fields.MESSAGE_FILTER,
        "sort": fields.MESSAGE_SORT,
    },
    run=_run,
)
