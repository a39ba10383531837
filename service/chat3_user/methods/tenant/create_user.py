"""CreateUser: a user of the tenant, with custom data, once for one key."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.tenant_users import PLAIN_TYPE
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.tenant.written_users import wanted_user, written_user
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.CreateUserRequest
) -> Mutation[pb.CreateUserResponse]:
    users, access = dependencies.tenant_users, dependencies.access
    wanted = wanted_user(call.identity, request, request.type or PLAIN_TYPE)

    async def response() -> pb.CreateUserResponse:
        return pb.CreateUserResponse(user=await written_user(dependencies, wanted))

    async def write(_: str | None) -> pb.CreateUserResponse:
        await users.create(wanted)
        return await response()

    async def find(earlier: Earlier) -> pb.CreateUserResponse | None:
        return await response() if await users.find_created(wanted, earlier) else None

    return Mutation(
        pb.CreateUserResponse,
        write,
        find,
        prove=partial(access.prove_known, call.identity),
        prove_key=partial(access.prove_writer, call.identity),
        ready=partial(users.prove_creatable, wanted),
    )


METHOD: Final = Keyed(
    request=pb.CreateUserRequest,
    response=pb.CreateUserResponse,
    kind="write",
    rules={
        "user_id": fields.USER_ID,
        "type": fields.USER_TYPE,
        "meta": fields.META,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
