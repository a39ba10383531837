"""ListMessageStatuses: which member gave a message which status, and when."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.status_history import history_page
from chat3_user.errors import reasons
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import WHOLE_PAGE, paged
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListMessageStatusesRequest
) -> pb.ListMessageStatusesResponse:
    api, identity, page = dependencies.api, call.identity, numbered_page(request, call)
    message = await dependencies.messages.known(identity, request.message_id)
    members = await api.call(
        routes.MEMBERS, identity, query=paged(1, WHOLE_PAGE), dialog_id=message.dialog_id
    )
    viewers = [member.user_id for member in members.data]
    answer = await history_page(api, identity, message, viewers, paged(page.number, page.size))
    if answer is None:
        raise reasons.no_members(message.dialog_id)
    total = answer.pagination.total
    with understood(routes.STATUSES):
        return pb.ListMessageStatusesResponse(
            statuses=[entities.status_record(row, message.dialog_id) for row in answer.data],
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListMessageStatusesRequest,
    response=pb.ListMessageStatusesResponse,
    kind="read",
    rules={
        "message_id": fields.MESSAGE_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
    },
    run=_run,
)
