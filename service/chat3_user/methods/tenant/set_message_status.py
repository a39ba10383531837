"""SetMessageStatus: what a member did with a message, recorded in its history."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_api.chat3.user.v1 import MessageStatus
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
    identity = call.identity

    async def see() -> Seen:
        return await dependencies.messages.as_member(
            identity, request.message_id, request.user_id.lower()
        )

    async def ready() -> None:
        await dependencies.access.prove_writer(identity)
        await see()

    return marks.status(
        dependencies, call, pb.SetMessageStatusResponse, see, request.status, ready=ready
    )


METHOD: Final = Keyed(
    request=pb.SetMessageStatusRequest,
    response=pb.SetMessageStatusResponse,
    kind="write",
    rules={
        "message_id": fields.MESSAGE_ID,
        "user_id": fields.USER_ID,
        "status": fields.one_named(MessageStatus, "a status this contract names"),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
