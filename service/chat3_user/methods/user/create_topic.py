"""CreateTopic: a topic in one of the calling user's dialogs, once for one key."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.created_topics import CreatedTopic, NewTopic
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.mapping.bodies import custom_data
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import understood
from chat3_user.validation import fields


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.CreateTopicRequest
) -> Mutation[pb.CreateTopicResponse]:
    identity, dialog_id, access = call.identity, request.dialog_id, dependencies.access
    wanted = NewTopic(identity, dialog_id, custom_data(request.meta))
    search = dependencies.created_topics.search(wanted)
    prove = partial(access.prove_member, identity, dialog_id)

    def response(created: CreatedTopic) -> pb.CreateTopicResponse:
        with understood(routes.CREATE_TOPIC):
            return pb.CreateTopicResponse(
                topic=entities.topic(created.topic, dialog_id), missing_parts=list(created.missing)
            )

    async def write(key: str | None) -> pb.CreateTopicResponse:
        await prove()
        return response(await search.write(key))

    async def find(earlier: Earlier) -> pb.CreateTopicResponse | None:
        await prove()
        created = await search.find(earlier)
        return None if created is None else response(created)

    prove_key = partial(access.prove_writer, identity)
    return Mutation(
        pb.CreateTopicResponse, write, find, prove, prove_key, ready=search.prove_allowed
    )


METHOD: Final = Keyed(
    request=pb.CreateTopicRequest,
    response=pb.CreateTopicResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "meta": fields.META,
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
)
