"""RemovePackDialog: a dialog that is not in a pack any more."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.RemovePackDialogRequest
) -> Mutation[pb.RemovePackDialogResponse]:
    where, packs = (call.identity, request.pack_id, request.dialog_id), dependencies.packs
    prove_key = partial(dependencies.access.prove_writer, call.identity)
    there = False

    async def ready() -> None:
        # No attempt is sent for a dialog that is not there: one that has gone since was removed.
        nonlocal there
        await prove_key()
        there = await packs.holds(*where)

    async def write(_: str | None) -> pb.RemovePackDialogResponse:
        return pb.RemovePackDialogResponse(removed=there and await packs.remove(*where))

    async def find(earlier: Earlier) -> pb.RemovePackDialogResponse | None:
        missing = await packs.find_removed(*where, earlier)
        if missing is None:
            return None
        return pb.RemovePackDialogResponse(removed=True, missing_parts=list(missing))

    return Mutation(pb.RemovePackDialogResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.RemovePackDialogRequest,
    response=pb.RemovePackDialogResponse,
    kind="write",
    rules={
        "pack_id": fields.PACK_ID,
        "dialog_id": fields.DIALOG_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
