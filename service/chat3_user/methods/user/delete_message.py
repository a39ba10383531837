"""DeleteMessage: a message that the caller has sent, without what it said."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Mutation
from chat3_user.methods.changed_messages import change, without_deleted
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.DeleteMessageRequest
) -> Mutation[pb.DeleteMessageResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    target = dependencies.messages.of_sender(call.identity, request.dialog_id, request.message_id)
    return change(
        dependencies,
        target,
        pb.DeleteMessageResponse,
        partial(changes.set_deleted, deleted=True),
        partial(past.deletion, deleted=True),
        prove=target.prove,
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
