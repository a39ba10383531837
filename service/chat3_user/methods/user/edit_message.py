"""EditMessage: a new text for a message that the caller has sent."""

from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Mutation
from chat3_user.methods.changed_messages import change, without_deleted
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.EditMessageRequest
) -> Mutation[pb.EditMessageResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    target = dependencies.messages.of_sender(call.identity, request.dialog_id, request.message_id)
    return change(
        dependencies,
        target,
        pb.EditMessageResponse,
        lambda target: changes.edit(target, request.content),
        lambda target, earlier: past.edit(target, request.content, earlier),
        prove=target.prove,
    )


METHOD: Final = Keyed(
    request=pb.EditMessageRequest,
    response=pb.EditMessageResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "content": fields.EDITED_TEXT,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
