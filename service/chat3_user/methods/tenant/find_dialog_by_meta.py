"""FindDialogByMeta: the oldest dialog whose custom data has a text under a key."""

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
    dependencies: Dependencies, call: Call, request: pb.FindDialogByMetaRequest
) -> pb.FindDialogByMetaResponse:
    found = await dependencies.dialogs.oldest(call.identity, request.meta_key, request.value)
    with understood(routes.DIALOGS):
        return pb.FindDialogByMetaResponse(dialog=None if found is None else tenant_dialog(found))


METHOD: Final = Unary(
    request=pb.FindDialogByMetaRequest,
    response=pb.FindDialogByMetaResponse,
    kind="read",
    rules={
        "meta_key": fields.META_KEY,
        "value": fields.META_TEXT,
    },
    run=_run,
)
