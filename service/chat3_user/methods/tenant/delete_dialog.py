"""DeleteDialog: a dialog that is none any more."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import ErrorReason
from chat3_user.calls import Call
from chat3_user.domain.past_attempts import began
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.DeleteDialogRequest
) -> Mutation[pb.DeleteDialogResponse]:
    identity, dialogs = call.identity, dependencies.dialogs
    prove_key = partial(dependencies.access.prove_deleter, identity)

    async def ready() -> None:
        # No attempt is sent for a dialog that is not there: one that has gone since was deleted.
        await prove_key()
        await dialogs.known(identity, request.dialog_id)

    async def write(_: str | None) -> pb.DeleteDialogResponse:
        await dialogs.delete(identity, request.dialog_id)
        return pb.DeleteDialogResponse()

    async def find(earlier: Earlier) -> pb.DeleteDialogResponse | None:
        if began(earlier) is None:
            return None
        try:
            await dialogs.known(identity, request.dialog_id)
        except CallError as error:
            if error.reason is not ErrorReason.DIALOG_NOT_FOUND:
                raise
            return pb.DeleteDialogResponse()
        return None

    return Mutation(pb.DeleteDialogResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.DeleteDialogRequest,
    response=pb.DeleteDialogResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
