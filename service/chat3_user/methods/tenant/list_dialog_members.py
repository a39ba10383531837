"""ListDialogMembers: a page of a dialog's members."""

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
    dependencies: Dependencies, call: Call, request: pb.ListDialogMembersRequest
) -> pb.ListDialogMembersResponse:
    page = numbered_page(request, call)
    answer = await dependencies.api.call(
        routes.MEMBERS,
        call.identity,
        query=paged(page.number, page.size),
        dialog_id=request.dialog_id,
    )
    total = answer.pagination.total
    with understood(routes.MEMBERS):
        return pb.ListDialogMembersResponse(
            members=list(map(entities.member, answer.data)),
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListDialogMembersRequest,
    response=pb.ListDialogMembersResponse,
    kind="read",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
    },
    run=_run,
)
