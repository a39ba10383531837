"""RemoveDialogMember: a member who is none any more."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.RemoveDialogMemberRequest
) -> Mutation[pb.RemoveDialogMemberResponse]:
    identity, dialog_id, access = call.identity, request.dialog_id, dependencies.access
    where = (identity, dialog_id, request.user_id.lower())
    itself = where[2] == identity.user_id
    prove = partial(access.prove_member, identity, dialog_id)

    async def ready() -> None:
        await prove()
        await dependencies.members.prove_removable(*where)

    async def write(_: str | None) -> pb.RemoveDialogMemberResponse:
        await dependencies.members.remove(*where)
        return pb.RemoveDialogMemberResponse()

    async def find(earlier: Earlier) -> pb.RemoveDialogMemberResponse | None:
        if not itself:
            await prove()
        removed = await dependencies.members.was_removed(*where, earlier)
        return pb.RemoveDialogMemberResponse() if removed else None

    # Who has removed himself is no member any more, and may still have his answer again.
    return Mutation(
        pb.RemoveDialogMemberResponse,
        write,
        find,
        None if itself else prove,
        partial(access.prove_writer, identity),
        ready,
    )


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
