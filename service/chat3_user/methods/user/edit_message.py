"""EditMessage: a new text for a message that the caller has sent."""

from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.user.changed_messages import shown, without_deleted
from chat3_user.validation import fields
from chat3_user.validation.rules import Required
from chat3_user.validation.text_rules import Length, NotBlank


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.EditMessageRequest
) -> Mutation[pb.EditMessageResponse]:
    changes, past = dependencies.message_changes, dependencies.past_changes
    where = (call.identity, request.dialog_id, request.message_id)
    response = partial(shown, dependencies, call, pb.EditMessageResponse)

    async def prove() -> None:
        await dependencies.messages.own(*where)

    async def write(_: str | None) -> pb.EditMessageResponse:
        return await response(await changes.edit(*where, request.content))

    async def find(earlier: Earlier) -> pb.EditMessageResponse | None:
        found = await past.edit(*where, request.content, earlier)
        return None if found is None else await response(found)

    return Mutation(
        pb.EditMessageResponse,
        write,
        find,
        prove,
        partial(dependencies.access.prove_writer, call.identity),
    )


METHOD: Final = Keyed(
    request=pb.EditMessageRequest,
    response=pb.EditMessageResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "message_id": fields.MESSAGE_ID,
        "content": (Required(), Length(10_000), NotBlank()),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
