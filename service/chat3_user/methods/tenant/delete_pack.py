"""DeletePack: a pack that is none any more; its dialogs stay."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.DeletePackRequest
) -> Mutation[pb.DeletePackResponse]:
    where, packs = (call.identity, request.pack_id), dependencies.packs
    prove_key = partial(dependencies.access.prove_deleter, call.identity)

    async def ready() -> None:
        # No attempt is sent for a pack that is not there: one that has gone since was deleted.
        await prove_key()
        await packs.known(*where)

    async def write(_: str | None) -> pb.DeletePackResponse:
        await packs.delete(*where)
        return pb.DeletePackResponse()

    async def find(earlier: Earlier) -> pb.DeletePackResponse | None:
        return pb.DeletePackResponse() if await packs.was_deleted(*where, earlier) else None

    return Mutation(pb.DeletePackResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.DeletePackRequest,
    response=pb.DeletePackResponse,
    kind="write",
    rules={"pack_id": fields.PACK_ID, "idempotency_key": fields.IDEMPOTENCY_KEY},
    mutation=_mutation,
)
