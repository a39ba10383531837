"""SetMessageStatus: what the calling user did with a message, recorded in its history."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.messages import Seen
from chat3_user.idempotency import Mutation
from chat3_user.methods import marks
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.SetMessageStatusRequest
) -> Mutation[pb.SetMessageStatusResponse]:
    seen = Seen(call.identity, request.dialog_id, request.message_id)

    async def prove() -> None:
        await dependencies.access.prove_message(*seen)

    async def see() -> Seen:
        await prove()
        return seen

    return marks.status(
        dependencies, call, pb.SetMessageStatusResponse, see, request.status, prove=prove
    )


METHOD: Final = Keyed(
    request=pb.SetMessageStatusRequest,
    response=pb.SetMessageStatusResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "status": fields.one_named(pb.MessageStatus, "a status this contract names"),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
