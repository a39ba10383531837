"""SetMessageTopic: a message moved into a topic, or out of its topic."""

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
    dependencies: Dependencies, call: Call, request: pb.SetMessageTopicRequest
) -> Mutation[pb.SetMessageTopicResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    where = (call.identity, request.dialog_id, request.message_id)
    response = partial(shown, dependencies, call, pb.SetMessageTopicResponse)

    async def ready() -> None:
        await changes.prove_move(*where, request.topic_id)

    async def write(_: str | None) -> pb.SetMessageTopicResponse:
        return await response(await changes.move(*where, request.topic_id))

    async def find(earlier: Earlier) -> pb.SetMessageTopicResponse | None:
        found = await past.move(*where, request.topic_id, earlier)
        return None if found is None else await response(found)

    return Mutation(
        pb.SetMessageTopicResponse,
        write,
        find,
        partial(dependencies.access.prove_member, call.identity, request.dialog_id),
        partial(dependencies.access.prove_writer, call.identity),
        ready,
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
