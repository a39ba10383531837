"""GetDialog: one dialog of the tenant."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.mapping.tenant_dialogs import tenant_dialog
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Unary
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


async def _run(
    dependencies: Dependencies, call: Call, request: pb.GetDialogRequest
) -> pb.GetDialogResponse:
    dialog = await dependencies.dialogs.known(call.identity, request.dialog_id)
    with understood(routes.DIALOG):
        return pb.GetDialogResponse(dialog=tenant_dialog(dialog))


METHOD: Final = Unary(
    request=pb.GetDialogRequest,
    response=pb.GetDialogResponse,
    kind="read",
    rules={"dialog_id": fields.DIALOG_ID},
    run=_run,
)
