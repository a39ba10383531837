"""CreatePack: a pack without dialogs, once for one key."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.created_packs import NewPack
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.bodies import custom_data
from chat3_user.mapping.tenant_packs import tenant_pack
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.CreatePackRequest
) -> Mutation[pb.CreatePackResponse]:
    identity = call.identity
    search = dependencies.created_packs.search(NewPack(identity, custom_data(request.meta)))
    prove_key = partial(dependencies.access.prove_writer, identity)

    def response(pack: m.Pack) -> pb.CreatePackResponse:
        with understood(routes.CREATE_PACK):
            return pb.CreatePackResponse(pack=tenant_pack(pack))

    async def ready() -> None:
        await prove_key()
        await dependencies.access.prove_known(identity)
        await search.prove_allowed()

    async def write(key: str | None) -> pb.CreatePackResponse:
        return response(await search.write(key))

    async def find(earlier: Earlier) -> pb.CreatePackResponse | None:
        pack = await search.find(earlier)
        return None if pack is None else response(pack)

    return Mutation(pb.CreatePackResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.CreatePackRequest,
    response=pb.CreatePackResponse,
    kind="write",
    rules={"meta": fields.META, "idempotency_key": fields.IDEMPOTENCY_KEY},
    mutation=_mutation,
)
