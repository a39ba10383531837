"""UpsertUser: a user of the tenant, created or brought to the wanted state."""

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
    dependencies: Dependencies, call: Call, request: pb.UpsertUserRequest
) -> Mutation[pb.UpsertUserResponse]:
    users, access = dependencies.tenant_users, dependencies.access
    wanted = wanted_user(call.identity, request, request.type)

    async def response(*, created: bool) -> pb.UpsertUserResponse:
        user = await written_user(dependencies, wanted)
        return pb.UpsertUserResponse(user=user, created=created)

    async def write(_: str | None) -> pb.UpsertUserResponse:
        return await response(created=await users.upsert(wanted))

    async def find(earlier: Earlier) -> pb.UpsertUserResponse | None:
        created = await users.find_upserted(wanted, earlier)
        return None if created is None else await response(created=created)

    return Mutation(
        pb.UpsertUserResponse,
        write,
        find,
        prove=partial(access.prove_known, call.identity),
        prove_key=partial(access.prove_writer, call.identity),
        ready=partial(users.prove_writable, wanted),
    )


METHOD: Final = Keyed(
    request=pb.UpsertUserRequest,
    response=pb.UpsertUserResponse,
    kind="write",
    rules={
        "user_id": fields.USER_ID,
        "type": fields.USER_TYPE,
        "meta": fields.META,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
