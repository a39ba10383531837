"""GetUserDialogs: a page of the calling user's dialogs."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import paged
from chat3_user.validation import fields, parse_dialog_filter, parse_dialog_sort


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetUserDialogsRequest
) -> pb.GetUserDialogsResponse:
    page = numbered_page(request, call)
    query = paged(
        page.number,
        page.size,
        parse_dialog_filter(request.filter),
        parse_dialog_sort(request.sort),
    )
    if request.include_last_message:
        query["includeLastMessage"] = "true"
    answer = await dependencies.api.call(routes.USER_DIALOGS, call.identity, query=query)
    total = answer.pagination.total
    with understood(routes.USER_DIALOGS):
        return pb.GetUserDialogsResponse(
            dialogs=[
                entities.dialog(item, with_last_message=request.include_last_message)
                for item in answer.data
            ],
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.GetUserDialogsRequest,
    response=pb.GetUserDialogsResponse,
    kind="read",
    rules={
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
        "page": fields.DIALOGS_PAGE,
        "filter": fields.DIALOG_FILTER,
        "sort": fields.DIALOG_SORT,
    },
    run=_run,
)
