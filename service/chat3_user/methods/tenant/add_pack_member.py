"""AddPackMember: a user who is a member of every dialog of a pack."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.members import Added
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.AddPackMemberRequest
) -> Mutation[pb.AddPackMemberResponse]:
    identity, user_id = call.identity, request.user_id.lower()
    joining = dependencies.pack_members.joining(identity, request.pack_id, user_id)
    prove_key = partial(dependencies.access.prove_writer, identity)

    def response(added: Added) -> pb.AddPackMemberResponse:
        return pb.AddPackMemberResponse(
            joined_dialog_count=len(added.user_ids), missing_parts=list(added.missing)
        )

    async def ready() -> None:
        await prove_key()
        await dependencies.packs.known(identity, request.pack_id)
        await dependencies.users.prove(identity, [user_id])

    async def write(_: str | None) -> pb.AddPackMemberResponse:
        return response(await joining.write())

    async def find(earlier: Earlier) -> pb.AddPackMemberResponse | None:
        joined = await joining.find(earlier)
        return None if joined is None else response(joined)

    return Mutation(pb.AddPackMemberResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.AddPackMemberRequest,
    response=pb.AddPackMemberResponse,
    kind="write",
    rules={
        "pack_id": fields.PACK_ID,
        "user_id": fields.USER_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
