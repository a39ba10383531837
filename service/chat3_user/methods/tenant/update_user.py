"""UpdateUser: type and custom data of a user, changed."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.tenant.written_users import wanted_user, written_user
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.UpdateUserRequest
) -> Mutation[pb.UpdateUserResponse]:
    users, access = dependencies.tenant_users, dependencies.access
    wanted = wanted_user(call.identity, request, request.type)

    async def response() -> pb.UpdateUserResponse:
        return pb.UpdateUserResponse(user=await written_user(dependencies, wanted))

    async def write(_: str | None) -> pb.UpdateUserResponse:
        await users.update(wanted)
        return await response()

    async def find(earlier: Earlier) -> pb.UpdateUserResponse | None:
        return await response() if await users.find_updated(wanted, earlier) else None

    return Mutation(
        pb.UpdateUserResponse,
        write,
        find,
        prove=partial(access.prove_known, call.identity),
        prove_key=partial(access.prove_writer, call.identity),
        ready=partial(users.prove_changeable, wanted),
    )


METHOD: Final = Keyed(
    request=pb.UpdateUserRequest,
    response=pb.UpdateUserResponse,
    kind="write",
    rules={
        "user_id": fields.USER_ID,
        "type": fields.USER_TYPE,
        "meta": fields.META,
        "remove_keys": fields.REMOVE_KEYS,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
