"""ListUsers: the users of the tenant, a page at a time."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.together import both
from chat3_user.mapping.tenant_users import tenant_user
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import paged
from chat3_user.validation import fields, parse_user_filter, parse_user_sort


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListUsersRequest
) -> pb.ListUsersResponse:
    page = numbered_page(request, call)
    query = paged(
        page.number, page.size, parse_user_filter(request.filter), parse_user_sort(request.sort)
    )
    # The route checks no permission; a refusal by what does comes first.
    _, answer = await both(
        dependencies.access.prove_known(call.identity),
        dependencies.api.call(routes.USERS, call.identity, query=query),
    )
    total = answer.pagination.total
    with understood(routes.USERS):
        return pb.ListUsersResponse(
            users=list(map(tenant_user, answer.data)),
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListUsersRequest,
    response=pb.ListUsersResponse,
    kind="read",
    rules={
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
        "filter": fields.USER_FILTER,
        "sort": fields.USER_SORT,
    },
    run=_run,
)
