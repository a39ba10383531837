"""GetDialog: one dialog, as the calling user sees it."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.errors import reasons
from chat3_user.mapping import entities
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetDialogRequest
) -> pb.GetDialogResponse:
    identity, dialog_id = call.identity, request.dialog_id
    seen = await dependencies.dialogs.own(
        identity, dialog_id, with_last_message=request.include_last_message
    )
    if seen is None:
        refusal = reasons.not_a_member(dialog_id)
        raise await dependencies.access.named(refusal, identity, dialog_id)
    with understood(routes.USER_DIALOGS):
        return pb.GetDialogResponse(
            dialog=entities.dialog(seen, with_last_message=request.include_last_message)
        )


METHOD: Final = Unary(
    request=pb.GetDialogRequest,
    response=pb.GetDialogResponse,
    kind="read",
    rules={"dialog_id": fields.DIALOG_ID},
    run=_run,
)
