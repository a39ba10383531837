"""CreateTopic: a topic in a dialog of the tenant, once for one key."""

from functools import partial
from typing import Final

from chat3_api.chat3.tenant import v1 as pb
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
    identity, dialog_id = call.identity, request.dialog_id
    wanted = NewTopic(identity, dialog_id, custom_data(request.meta))
    search = dependencies.created_topics.search(wanted)

    def response(created: CreatedTopic) -> pb.CreateTopicResponse:
        with understood(routes.CREATE_TOPIC):
            return pb.CreateTopicResponse(
                topic=entities.topic(created.topic, dialog_id), missing_parts=list(created.missing)
            )

    prove_key = partial(dependencies.access.prove_writer, identity)

    async def ready() -> None:
        await prove_key()
        await dependencies.dialogs.known(identity, dialog_id)
        await search.prove_allowed()

    async def write(key: str | None) -> pb.CreateTopicResponse:
        return response(await search.write(key))

    async def find(earlier: Earlier) -> pb.CreateTopicResponse | None:
        created = await search.find(earlier)
        return None if created is None else response(created)

    return Mutation(pb.CreateTopicResponse, write, find, None, prove_key, ready)


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
