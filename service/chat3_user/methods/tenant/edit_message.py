"""EditMessage: a new text for any message, in a moderator's name."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Mutation
from chat3_user.methods.changed_messages import change_by_back_end, without_deleted
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.EditMessageRequest
) -> Mutation[pb.EditMessageResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    target = dependencies.messages.of_tenant(call.identity, request.message_id, request.edited_by)
    return change_by_back_end(
        dependencies,
        target,
        pb.EditMessageResponse,
        lambda target: changes.edit(target, request.content),
        lambda target, earlier: past.edit(target, request.content, earlier),
        target.prove,
    )


METHOD: Final = Keyed(
    request=pb.EditMessageRequest,
    response=pb.EditMessageResponse,
    kind="write",
    rules={
        "message_id": fields.MESSAGE_ID,
        "content": fields.EDITED_TEXT,
        "edited_by": fields.MODERATOR,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
