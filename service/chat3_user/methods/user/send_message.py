"""SendMessage: a message written into a dialog, once for one key."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

from chat3_api.chat3.user import v1 as pb
from chat3_user.calls import Call
from chat3_user.domain.access import Access
from chat3_user.domain.attempts import Request
from chat3_user.domain.sent_messages import Search, Sent
from chat3_user.errors import CallError
from chat3_user.idempotency import Earlier, Mutation
from chat3_user.mapping import entities
from chat3_user.mapping.bodies import message_body
from chat3_user.methods.dependencies import Dependencies
from chat3_user.methods.method import Keyed
from chat3_user.methods.user.changed_messages import without_deleted
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import in_doubt, understood
from chat3_user.tenant_api.route import Route
from chat3_user.tenant_api.sending import send_message
from chat3_user.validation import Identity, fields
from chat3_user.validation.open_data import MessageData
from chat3_user.validation.text_rules import Length, MessageType, SomeText


def _mutation(
    dependencies: Dependencies, call: Call, message: pb.SendMessageRequest
) -> Mutation[pb.SendMessageResponse]:
    identity, dialog_id = call.identity, message.dialog_id
    access, deleted = dependencies.access, dependencies.deleted
    request = Request(identity, dialog_id, message_body(message))
    search = Search(dependencies.sent, request)
    prove = _sender_proof(access, identity, message)

    async def write(key: str | None) -> pb.SendMessageResponse:
        await prove()
        written = await send_message(dependencies.api, identity, dialog_id, request.body, key)
        sent = dependencies.sent.judged(request, written)
        if key is None:
            shown = await deleted.marked_or_unquoted(identity, written)
        else:
            try:
                shown = await deleted.written(identity, written)
            except CallError as error:
                # The next look finds the message, and shows it with its quote.
                raise in_doubt(error) from error
        return _response(routes.SEND_MESSAGE, identity, shown, sent)

    async def find(earlier: Earlier) -> pb.SendMessageResponse | None:
        try:
            sent = await search.find(earlier)
        except CallError as error:
            raise await access.named(error, identity, dialog_id) from error
        if sent is None:
            return None
        shown = await deleted.written(identity, sent.message)
        return _response(routes.USER_MESSAGES, identity, shown, sent)

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


def _response(
    route: Route[Any], identity: Identity, shown: m.Message, sent: Sent
) -> pb.SendMessageResponse:
    with understood(route):
        return pb.SendMessageResponse(
            message=entities.message(shown, identity.user_id), missing_parts=list(sent.missing)
        )


METHOD: Final = Keyed(
    request=pb.SendMessageRequest,
    response=pb.SendMessageResponse,
    kind="write",
    rules={
        "dialog_id": fields.DIALOG_ID,
        "content": (Length(10_000), SomeText()),
        "type": (MessageType(),),
        "meta": (MessageData(),),
        "quoted_message_id": (fields.MESSAGE,),
        "topic_id": (fields.TOPIC,),
        "idempotency_key": fields.IDEMPOTENCY_KEY,
    },
    mutation=_mutation,
    replayed=without_deleted,
)
