"""ListTopics: the topics of a dialog of the tenant."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
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
    dependencies: Dependencies, call: Call, request: pb.ListTopicsRequest
) -> pb.ListTopicsResponse:
    page = numbered_page(request, call)
    answer = await dependencies.api.call(
        routes.DIALOG_TOPICS,
        call.identity,
        query=paged(page.number, page.size),
        dialog_id=request.dialog_id,
    )
    total = answer.pagination.total
    with understood(routes.DIALOG_TOPICS):
        return pb.ListTopicsResponse(
            topics=[entities.topic(item, request.dialog_id) for item in answer.data],
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListTopicsRequest,
    response=pb.ListTopicsResponse,
    kind="read",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
    },
    run=_run,
)
