"""SetMessageReaction: a reaction given to a message, or taken back."""

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
    dependencies: Dependencies, call: Call, request: pb.SetMessageReactionRequest
) -> Mutation[pb.SetMessageReactionResponse]:
    seen = Seen(call.identity, request.dialog_id, request.message_id)

    async def prove() -> None:
        await dependencies.access.prove_message(*seen)

    async def see() -> Seen:
        await prove()
        return seen

    return marks.reaction(
        dependencies,
        call,
        pb.SetMessageReactionResponse,
        see,
        request.reaction,
        request.action,
        prove=prove,
    )


METHOD: Final = Keyed(
    request=pb.SetMessageReactionRequest,
    response=pb.SetMessageReactionResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "reaction": fields.REACTION,
        "action": fields.one_named(pb.ReactionAction, "an action this contract names"),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
