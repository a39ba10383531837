"""ListMessageStatuses: who gave a message which status, and when."""

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
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListMessageStatusesRequest
) -> pb.ListMessageStatusesResponse:
    page = numbered_page(request, call)
    where = {"dialog_id": request.dialog_id, "message_id": request.message_id}
    await dependencies.access.prove_message(call.identity, **where)
    answer = await dependencies.api.call(
        routes.STATUSES, call.identity, query=paged(page.number, page.size), **where
    )
    total = answer.pagination.total
    with understood(routes.STATUSES):
        return pb.ListMessageStatusesResponse(
            statuses=[entities.status_record(row, request.dialog_id) for row in answer.data],
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListMessageStatusesRequest,
    response=pb.ListMessageStatusesResponse,
    kind="read",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
    },
    run=_run,
)
