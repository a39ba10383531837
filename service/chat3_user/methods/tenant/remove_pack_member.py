"""RemovePackMember: a user who is in no dialog of a pack any more."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.RemovePackMemberRequest
) -> Mutation[pb.RemovePackMemberResponse]:
    where = (call.identity, request.pack_id, request.user_id.lower())
    members = dependencies.pack_members
    prove_key = partial(dependencies.access.prove_writer, call.identity)

    async def ready() -> None:
        # No attempt is sent for a user who is no member: one who is none since was removed.
        await prove_key()
        await members.spellings(*where)

    async def write(_: str | None) -> pb.RemovePackMemberResponse:
        await members.remove(*where)
        return pb.RemovePackMemberResponse()

    async def find(earlier: Earlier) -> pb.RemovePackMemberResponse | None:
        removed = await members.was_removed(*where, earlier)
        return pb.RemovePackMemberResponse() if removed else None

    return Mutation(pb.RemovePackMemberResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.RemovePackMemberRequest,
    response=pb.RemovePackMemberResponse,
    kind="write",
    rules={
        "pack_id": fields.PACK_ID,
        "user_id": fields.USER_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
