"""UpdatePackMeta: custom data of a pack, set and removed."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.custom_data import Change
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.bodies import custom_data
from chat3_user.mapping.tenant_packs import tenant_pack
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.read_back import after_the_write
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.UpdatePackMetaRequest
) -> Mutation[pb.UpdatePackMetaResponse]:
    identity = call.identity
    change = Change("pack", request.pack_id, custom_data(request.meta), request.remove_keys)

    async def response() -> pb.UpdatePackMetaResponse:
        pack = await dependencies.packs.known(identity, request.pack_id)
        with understood(routes.PACK):
            return pb.UpdatePackMetaResponse(pack=tenant_pack(pack))

    async def write(_: str | None) -> pb.UpdatePackMetaResponse:
        await dependencies.custom_data.make(identity, change)
        return await after_the_write(response)

    async def find(earlier: Earlier) -> pb.UpdatePackMetaResponse | None:
        made = await dependencies.custom_data.find(identity, change, earlier)
        return await response() if made else None

    prove_key = partial(dependencies.access.prove_writer, identity)

    async def ready() -> None:
        # A change that changes nothing is answered without a write that would refuse.
        await prove_key()
        await dependencies.packs.known(identity, request.pack_id)

    return Mutation(pb.UpdatePackMetaResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.UpdatePackMetaRequest,
    response=pb.UpdatePackMetaResponse,
    kind="write",
    rules={
        "pack_id": fields.PACK_ID,
        "meta": fields.META,
        "remove_keys": fields.REMOVE_KEYS,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
