"""ListPacks: a page of the tenant's packs."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.tenant_packs import tenant_pack
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import PACKS_PAGE, paged
from chat3_user.validation import fields, parse_tenant_pack_filter, parse_tenant_pack_sort


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListPacksRequest
) -> pb.ListPacksResponse:
    page = numbered_page(request, call, PACKS_PAGE)
    sort = parse_tenant_pack_sort(request.sort)
    query = paged(page.number, page.size, parse_tenant_pack_filter(request.filter), sort.field)
    answer = await dependencies.api.call(
        routes.PACKS, call.identity, query={**query, "sortDirection": sort.direction}
    )
    total = answer.pagination.total
    with understood(routes.PACKS):
        return pb.ListPacksResponse(
            packs=list(map(tenant_pack, answer.data)),
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
        "filter": fields.TENANT_PACK_FILTER,
        "sort": fields.TENANT_PACK_SORT,
    },
    run=_run,
)
