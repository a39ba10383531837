"""SendMessage: a message written into a dialog, once for one key."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.access import Access
from chat3_user.domain.attempts import Request
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping.bodies import message_body
from chat3_user.methods.changed_messages import without_deleted
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.sending import Sending
from chat3_user.validation import Identity, fields
from chat3_user.validation.custom_data import MessageData
from chat3_user.validation.text_rules import MessageType


def _mutation(
    dependencies: Dependencies, call: Call, message: pb.SendMessageRequest
) -> Mutation[pb.SendMessageResponse]:
    identity, access = call.identity, dependencies.access
    request = Request(identity, message.dialog_id, message_body(message))
    sending = Sending(dependencies, request, pb.SendMessageResponse, call.span)
    prove = _sender_proof(access, identity, message)

    async def write(key: str | None) -> pb.SendMessageResponse:
        await prove()
        return await sending.write(key)

    async def find(earlier: Earlier) -> pb.SendMessageResponse | None:
        try:
            return await sending.find(earlier)
        except CallError as error:
            raise await access.named(error, identity, message.dialog_id) from error

    return Mutation(
        pb.SendMessageResponse, write, find, prove, partial(access.prove_writer, identity)
    )


def _sender_proof(
    access: Access, identity: Identity, message: pb.SendMessageRequest
) -> Callable[[], Awaitable[None]]:
    """Return what proves that the caller may write into the dialog, and quote a message."""
    if message.quoted_message_id is None:
        return partial(access.prove_member, identity, message.dialog_id)
    return partial(access.prove_message, identity, message.dialog_id, message.quoted_message_id)


METHOD: Final = Keyed(
    request=pb.SendMessageRequest,
    response=pb.SendMessageResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
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
