"""DeleteUser: a user who is none any more; what belongs to the id stays."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.DeleteUserRequest
) -> Mutation[pb.DeleteUserResponse]:
    users, identity = dependencies.tenant_users, call.identity
    user_id = request.user_id.lower()

    async def write(_: str | None) -> pb.DeleteUserResponse:
        await users.delete(identity, user_id)
        return pb.DeleteUserResponse()

    async def find(earlier: Earlier) -> pb.DeleteUserResponse | None:
        deleted = await users.was_deleted(identity, user_id, earlier)
        return pb.DeleteUserResponse() if deleted else None

    return Mutation(
        pb.DeleteUserResponse,
        write,
        find,
        prove_key=partial(dependencies.access.prove_deleter, identity),
        ready=partial(users.prove_deletable, identity, user_id),
    )


METHOD: Final = Keyed(
    request=pb.DeleteUserRequest,
    response=pb.DeleteUserResponse,
    kind="write",
    rules={
        "user_id": fields.USER_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
