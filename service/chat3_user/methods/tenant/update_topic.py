"""UpdateTopic: custom data of a topic, set and removed."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.custom_data import Change
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.mapping.bodies import custom_data
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.read_back import after_the_write
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.UpdateTopicRequest
) -> Mutation[pb.UpdateTopicResponse]:
    identity = call.identity
    change = Change(
        "topic",
        request.topic_id,
        custom_data(request.meta),
        request.remove_keys,
        request.dialog_id,
    )
    # That the dialog has the topic: the routes of custom data do not ask.
    topic = partial(
        dependencies.api.call,
        routes.TOPIC,
        identity,
        dialog_id=request.dialog_id,
        topic_id=request.topic_id,
    )

    async def response() -> pb.UpdateTopicResponse:
        answer = await topic()
        with understood(routes.TOPIC):
            return pb.UpdateTopicResponse(topic=entities.topic(answer.data, request.dialog_id))

    async def ready() -> None:
        await prove_key()
        await topic()

    async def write(_: str | None) -> pb.UpdateTopicResponse:
        await dependencies.custom_data.make(identity, change)
        return await after_the_write(response)

    async def find(earlier: Earlier) -> pb.UpdateTopicResponse | None:
        await topic()
        made = await dependencies.custom_data.find(identity, change, earlier)
        return await response() if made else None

    prove_key = partial(dependencies.access.prove_writer, identity)
    return Mutation(pb.UpdateTopicResponse, write, find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.UpdateTopicRequest,
    response=pb.UpdateTopicResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "topic_id": fields.TOPIC_ID,
        "meta": fields.META,
        "remove_keys": fields.REMOVE_KEYS,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
