"""RemoveDialogMember: a member who is none any more, be it the last one."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.RemoveDialogMemberRequest
) -> Mutation[pb.RemoveDialogMemberResponse]:
    where = (call.identity, request.dialog_id, request.user_id.lower())

    prove_key = partial(dependencies.access.prove_writer, call.identity)

    async def ready() -> None:
        await prove_key()
        await dependencies.members.prove_removable(*where)

    async def write(_: str | None) -> pb.RemoveDialogMemberResponse:
        await dependencies.members.remove(*where)
        return pb.RemoveDialogMemberResponse()

    async def find(earlier: Earlier) -> pb.RemoveDialogMemberResponse | None:
        removed = await dependencies.members.was_removed(*where, earlier)
        return pb.RemoveDialogMemberResponse() if removed else None

    return Mutation(pb.RemoveDialogMemberResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.RemoveDialogMemberRequest,
    response=pb.RemoveDialogMemberResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "user_id": fields.USER_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
