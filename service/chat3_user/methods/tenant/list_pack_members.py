"""ListPackMembers: the users who are in a dialog of a pack.

The platform has no pages here: what it returns is sorted and cut, anew for each page.
"""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.paging import numbered_page
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.ListPackMembersRequest
) -> pb.ListPackMembersResponse:
    page = numbered_page(request, call)
    user_ids = await dependencies.pack_members.listed(call.identity, request.pack_id)
    begin = (page.number - 1) * page.size
    return pb.ListPackMembersResponse(
        user_ids=user_ids[begin : begin + page.size],
        next_page_token=page.next_token(len(user_ids)),
        total_size=page.asked(len(user_ids)),
    )


METHOD: Final = Unary(
    request=pb.ListPackMembersRequest,
    response=pb.ListPackMembersResponse,
    kind="read",
    rules={
        "pack_id": fields.PACK_ID,
        "page_size": fields.PAGE_SIZE,
        "page_token": fields.PAGE_TOKEN,
    },
    run=_run,
)
