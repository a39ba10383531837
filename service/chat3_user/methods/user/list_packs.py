"""ListPacks: the packs that hold a dialog of the calling user."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.packs import listed_pack
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import PACKS_PAGE, paged
from chat3_user.validation import fields, parse_pack_filter, parse_pack_sort


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListPacksRequest
) -> pb.ListPacksResponse:
    page = numbered_page(request, call, PACKS_PAGE)
    sort = parse_pack_sort(request.sort)
    query = paged(page.number, page.size, parse_pack_filter(request.filter), sort.field)
    answer = await dependencies.api.call(
        routes.USER_PACKS, call.identity, query={**query, "sortDirection": sort.direction}
    )
    total = answer.pagination.total
    with understood(routes.USER_PACKS):
        return pb.ListPacksResponse(
            packs=list(map(listed_pack, answer.data)),
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListPacksRequest,
    response=pb.ListPacksResponse,
    kind="read",
    rules={
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
        "filter": fields.PACK_FILTER,
        "sort": fields.PACK_SORT,
    },
    run=_run,
)
