"""UpdateMyMeta: custom data of the calling user, set and removed."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.custom_data import Change
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.basics import user_info
from chat3_user.mapping.bodies import custom_data
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.read_back import after_the_write
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.UpdateMyMetaRequest
) -> Mutation[pb.UpdateMyMetaResponse]:
    identity = call.identity
    change = Change("user", identity.user_id, custom_data(request.meta), request.remove_keys)
    prove = partial(dependencies.access.prove_reader, identity)

    async def response() -> pb.UpdateMyMetaResponse:
        user = await dependencies.users.known(identity, identity.user_id)
        with understood(routes.USER):
            return pb.UpdateMyMetaResponse(user=user_info(user))

    async def write(_: str | None) -> pb.UpdateMyMetaResponse:
        await prove()
        await dependencies.custom_data.make(identity, change)
        return await after_the_write(response)

    async def find(earlier: Earlier) -> pb.UpdateMyMetaResponse | None:
        await prove()
        made = await dependencies.custom_data.find(identity, change, earlier)
        return await response() if made else None

    return Mutation(
        pb.UpdateMyMetaResponse,
        write,
        find,
        prove,
        partial(dependencies.access.prove_writer, identity),
    )


METHOD: Final = Keyed(
    request=pb.UpdateMyMetaRequest,
    response=pb.UpdateMyMetaResponse,
    kind="write",
    rules={
        "meta": fields.META,
        "remove_keys": fields.REMOVE_KEYS,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
