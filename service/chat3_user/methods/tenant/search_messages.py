"""SearchMessages: a page of the messages of all dialogs that a filter selects."""

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
    dependencies: Dependencies, call: Call, request: pb.SearchMessagesRequest
) -> pb.SearchMessagesResponse:
    page = await dependencies.tenant_history.across(call, request)
    shown = await dependencies.deleted.marked(call.identity, page.messages)
    with understood(routes.TENANT_MESSAGES):
        return pb.SearchMessagesResponse(
            messages=[entities.message(item, call.identity.user_id) for item in shown],
            next_page_token=page.next_token,
            previous_page_token=page.previous_token,
            total_size=page.total,
        )


METHOD: Final = Unary(
    request=pb.SearchMessagesRequest,
    response=pb.SearchMessagesResponse,
    kind="read",
    rules={
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
        "filter": fields.TENANT_MESSAGE_FILTER,
        "sort": fields.TENANT_MESSAGE_SORT,
    },
    run=_run,
)
