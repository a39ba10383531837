"""ListPackDialogs: a page of the dialogs of a pack."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.tenant_packs import pack_dialog
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.tenant_api.query import PACKS_PAGE, paged
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListPackDialogsRequest
) -> pb.ListPackDialogsResponse:
    page = numbered_page(request, call, PACKS_PAGE)
    answer = await dependencies.api.call(
        routes.DIALOGS_OF_PACK,
        call.identity,
        query=paged(page.number, page.size),
        pack_id=request.pack_id,
    )
    total = answer.pagination.total
    with understood(routes.DIALOGS_OF_PACK):
        return pb.ListPackDialogsResponse(
            dialogs=list(map(pack_dialog, answer.data)),
            next_page_token=page.next_token(total),
            total_size=page.asked(total),
        )


METHOD: Final = Unary(
    request=pb.ListPackDialogsRequest,
    response=pb.ListPackDialogsResponse,
    kind="read",
    rules={
        "pack_id": fields.PACK_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
    },
    run=_run,
)
