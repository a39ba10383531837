"""RestoreMessage: a deleted message of the caller, with what it said."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.user.changed_messages import shown, without_deleted
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.RestoreMessageRequest
) -> Mutation[pb.RestoreMessageResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    where = (call.identity, request.dialog_id, request.message_id)
    response = partial(shown, dependencies, call, pb.RestoreMessageResponse)

    async def prove() -> None:
        await dependencies.messages.own(*where)

    async def write(_: str | None) -> pb.RestoreMessageResponse:
        return await response(await changes.set_deleted(*where, deleted=False))

    async def find(earlier: Earlier) -> pb.RestoreMessageResponse | None:
        found = await past.deletion(*where, earlier, deleted=False)
        return None if found is None else await response(found)

    return Mutation(
        pb.RestoreMessageResponse,
        write,
        find,
        prove,
        partial(dependencies.access.prove_writer, call.identity),
    )


METHOD: Final = Keyed(
    request=pb.RestoreMessageRequest,
    response=pb.RestoreMessageResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
