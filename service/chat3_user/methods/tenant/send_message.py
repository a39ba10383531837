"""SendMessage: a message written into a dialog in a user's name, once for one key."""

from typing import Final

from chat3_api.chat3.tenant import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.attempts import Request
from chat3_user.errors import reasons
from chat3_user.idempotency import Mutation
from chat3_user.mapping.bodies import message_body
from chat3_user.methods.changed_messages import without_deleted
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.sending import Sending
from chat3_user.validation import fields
from chat3_user.validation.custom_data import MessageData
from chat3_user.validation.text_rules import MessageType


def _mutation(
    dependencies: Dependencies, call: Call, request: pb.SendMessageRequest
) -> Mutation[pb.SendMessageResponse]:
    identity, dialog_id, sender_id = call.identity, request.dialog_id, request.sender_id.lower()
    wanted = Request(identity, dialog_id, message_body(request), by_back_end=sender_id)
    sending = Sending(dependencies, wanted, pb.SendMessageResponse, call.span)

    async def prove_key() -> None:
        await dependencies.access.prove_writer(identity)

    async def ready() -> None:
        await prove_key()
        await dependencies.access.prove_sender(identity, dialog_id, sender_id)
        await dependencies.meta_rules.prove_sendable(identity, wanted.body.get("meta", {}))
        if request.quoted_message_id is not None:
            quoted = await dependencies.messages.known(identity, request.quoted_message_id)
            if quoted.dialog_id != dialog_id:
                raise reasons.message_not_found(request.quoted_message_id)

    return Mutation(pb.SendMessageResponse, sending.write, sending.find, None, prove_key, ready)


METHOD: Final = Keyed(
    request=pb.SendMessageRequest,
    response=pb.SendMessageResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "sender_id": fields.USER_ID,
        "content": fields.MESSAGE_TEXT,
        "type": (MessageType(),),
        "meta": (MessageData(),),
        "quoted_message_id": (fields.MESSAGE,),
        "topic_id": (fields.TOPIC,),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
