"""SetMessageTopic: a message moved into a topic, or out of its topic."""

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
    dependencies: Dependencies, call: Call, request: pb.SetMessageTopicRequest
) -> Mutation[pb.SetMessageTopicResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    target = dependencies.messages.of_member(call.identity, request.dialog_id, request.message_id)
    return change(
        dependencies,
        target,
        pb.SetMessageTopicResponse,
        lambda target: changes.move(target, request.topic_id),
        lambda target, earlier: past.move(target, request.topic_id, earlier),
        prove=partial(dependencies.access.prove_member, call.identity, request.dialog_id),
        ready=partial(changes.prove_move, target, request.topic_id),
    )


METHOD: Final = Keyed(
    request=pb.SetMessageTopicRequest,
    response=pb.SetMessageTopicResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "topic_id": (fields.TOPIC,),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
