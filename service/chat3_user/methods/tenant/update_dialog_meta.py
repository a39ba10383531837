"""UpdateDialogMeta: custom data of a dialog, set and removed."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.custom_data import Change
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.bodies import custom_data
from chat3_user.mapping.tenant_dialogs import tenant_dialog
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.read_back import after_the_write
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.UpdateDialogMetaRequest
) -> Mutation[pb.UpdateDialogMetaResponse]:
    identity = call.identity
    change = Change("dialog", request.dialog_id, custom_data(request.meta), request.remove_keys)

    async def response() -> pb.UpdateDialogMetaResponse:
        dialog = await dependencies.dialogs.known(identity, request.dialog_id)
        with understood(routes.DIALOG):
            return pb.UpdateDialogMetaResponse(dialog=tenant_dialog(dialog))

    async def write(_: str | None) -> pb.UpdateDialogMetaResponse:
        await dependencies.custom_data.make(identity, change)
        return await after_the_write(response)

    async def find(earlier: Earlier) -> pb.UpdateDialogMetaResponse | None:
        made = await dependencies.custom_data.find(identity, change, earlier)
        return await response() if made else None

    # A change that changes nothing, and a replay, are answered without a write that would refuse.
    prove_key = partial(dependencies.access.prove_writer, identity)
    return Mutation(pb.UpdateDialogMetaResponse, write, find, None, prove_key, prove_key)


METHOD: Final = Keyed(
    request=pb.UpdateDialogMetaRequest,
    response=pb.UpdateDialogMetaResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "meta": fields.META,
        "remove_keys": fields.REMOVE_KEYS,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
