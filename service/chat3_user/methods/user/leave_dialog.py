"""LeaveDialog: the calling user is no member any more."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.LeaveDialogRequest
) -> Mutation[pb.LeaveDialogResponse]:
    identity, access = call.identity, dependencies.access
    where = (identity, request.dialog_id, identity.user_id)

    async def ready() -> None:
        await access.prove_member(identity, request.dialog_id)
        await dependencies.members.prove_removable(*where)

    async def write(_: str | None) -> pb.LeaveDialogResponse:
        await dependencies.members.remove(*where)
        return pb.LeaveDialogResponse()

    async def find(earlier: Earlier) -> pb.LeaveDialogResponse | None:
        removed = await dependencies.members.was_removed(*where, earlier)
        return pb.LeaveDialogResponse() if removed else None

    # Nobody is asked to be a member for the answer that he is none any more.
    return Mutation(
        pb.LeaveDialogResponse,
        write,
        find,
        prove_key=partial(access.prove_writer, identity),
        ready=ready,
    )


METHOD: Final = Keyed(
    request=pb.LeaveDialogRequest,
    response=pb.LeaveDialogResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
