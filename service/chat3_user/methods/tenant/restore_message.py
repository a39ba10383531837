"""RestoreMessage: any deleted message, with what it said."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Mutation
from chat3_user.methods.changed_messages import change_by_back_end, without_deleted
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.RestoreMessageRequest
) -> Mutation[pb.RestoreMessageResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    target = dependencies.messages.of_tenant(call.identity, request.message_id)
    return change_by_back_end(
        dependencies,
        target,
        pb.RestoreMessageResponse,
        partial(changes.set_deleted, deleted=False),
        partial(past.deletion, deleted=False),
        target.prove,
    )


METHOD: Final = Keyed(
    request=pb.RestoreMessageRequest,
    response=pb.RestoreMessageResponse,
    kind="write",
    rules={
        "message_id": fields.MESSAGE_ID,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
