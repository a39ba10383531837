"""DeleteMessage: a message that the caller has sent, without what it said."""

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
    dependencies: Dependencies, call: Call, request: pb.DeleteMessageRequest
) -> Mutation[pb.DeleteMessageResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    where = (call.identity, request.dialog_id, request.message_id)
    response = partial(shown, dependencies, call, pb.DeleteMessageResponse)

    async def prove() -> None:
        await dependencies.messages.own(*where)

    async def write(_: str | None) -> pb.DeleteMessageResponse:
        return await response(await changes.set_deleted(*where, deleted=True))

    async def find(earlier: Earlier) -> pb.DeleteMessageResponse | None:
        found = await past.deletion(*where, earlier, deleted=True)
        return None if found is None else await response(found)

    return Mutation(
        pb.DeleteMessageResponse,
        write,
        find,
        prove,
        partial(dependencies.access.prove_writer, call.identity),
    )


METHOD: Final = Keyed(
    request=pb.DeleteMessageRequest,
    response=pb.DeleteMessageResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
