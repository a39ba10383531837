"""AddPackDialog: a dialog that is in a pack."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.AddPackDialogRequest
) -> Mutation[pb.AddPackDialogResponse]:
    identity, packs = call.identity, dependencies.packs
    where = (identity, request.pack_id, request.dialog_id)
    prove_key = partial(dependencies.access.prove_writer, identity)

    async def ready() -> None:
        await prove_key()
        await packs.known(identity, request.pack_id)

    async def write(_: str | None) -> pb.AddPackDialogResponse:
        return pb.AddPackDialogResponse(added=await packs.add(*where))

    async def find(earlier: Earlier) -> pb.AddPackDialogResponse | None:
        found = await packs.find_added(*where, earlier)
        if found is None:
            return None
        added, missing = found
        return pb.AddPackDialogResponse(added=added, missing_parts=list(missing))

    return Mutation(pb.AddPackDialogResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.AddPackDialogRequest,
    response=pb.AddPackDialogResponse,
    kind="write",
    rules={
        "pack_id": fields.PACK_ID,
        "dialog_id": fields.DIALOG_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
