"""AddDialogMembers: users who join a dialog of the tenant."""

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
    dependencies: Dependencies, call: Call, request: pb.AddDialogMembersRequest
) -> Mutation[pb.AddDialogMembersResponse]:
    identity, dialog_id = call.identity, request.dialog_id
    user_ids = [user_id.lower() for user_id in request.user_ids]
    adding = dependencies.members.adding(identity, dialog_id, user_ids)

    def response(added: Added) -> pb.AddDialogMembersResponse:
        return pb.AddDialogMembersResponse(
            added_user_ids=list(added.user_ids), missing_parts=list(added.missing)
        )

    prove_key = partial(dependencies.access.prove_writer, identity)

    async def ready() -> None:
        await prove_key()
        await dependencies.dialogs.known(identity, dialog_id)
        await dependencies.users.prove(identity, user_ids)

    async def write(_: str | None) -> pb.AddDialogMembersResponse:
        return response(await adding.write())

    async def find(earlier: Earlier) -> pb.AddDialogMembersResponse | None:
        added = await adding.find(earlier)
        return None if added is None else response(added)

    return Mutation(pb.AddDialogMembersResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.AddDialogMembersRequest,
    response=pb.AddDialogMembersResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "user_ids": fields.SOME_USER_IDS,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
