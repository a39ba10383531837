"""ListDialogs: a page of the tenant's dialogs."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.tenant_dialogs import tenant_dialog
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import paged
from chat3_user.validation import (
    fields,
    parse_tenant_dialog_filter,
    parse_tenant_dialog_sort,
)


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListDialogsRequest
) -> pb.ListDialogsResponse:
    page = numbered_page(request, call)
    query = paged(
        page.number,
        page.size,
        parse_tenant_dialog_filter(request.filter),
        str(parse_tenant_dialog_sort(request.sort)),
    )
    answer = await dependencies.api.call(routes.DIALOGS, call.identity, query=query)
    total = answer.pagination.total
    with understood(routes.DIALOGS):
        return pb.ListDialogsResponse(
            dialogs=[tenant_dialog(item) for item in answer.data],
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListDialogsRequest,
    response=pb.ListDialogsResponse,
    kind="read",
    rules={
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
        "filter": fields.TENANT_DIALOG_FILTER,
        "sort": fields.TENANT_DIALOG_SORT,
    },
    run=_run,
)
