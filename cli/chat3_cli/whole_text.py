"""Reads a message again whose text in an update may be only the beginning."""

import betterproto2

from chat3_api.chat3.tenant.v1 import SubscribeTenantUpdatesResponse
from chat3_api.chat3.user.v1 import GetMessageRequest, PartialMessage, SubscribeUpdatesResponse
from chat3_cli.failures import CallFailedError
from chat3_cli.session import Session


async def whole_text(
    session: Session, response: SubscribeUpdatesResponse | SubscribeTenantUpdatesResponse
) -> None:
    """Put the whole text into an update that may have it cut.

    What cannot be read stays as it is, marked: the stream goes on.
    """
    if response.update is None:
        return
    _, payload = betterproto2.which_one_of(response.update, "payload")
    message = getattr(payload, "message", None)
    if not isinstance(message, PartialMessage) or not message.content_may_be_cut:
        return
    request = GetMessageRequest(dialog_id=message.dialog_id, message_id=message.message_id)
    try:
        read = (await session.call(session.stub.get_message, request)).message
    except CallFailedError:
        return
    if read is not None:
        message.content, message.content_may_be_cut = read.content, False
        if read.deleted:
            message.deleted, message.content, message.meta = True, None, None
            message.delete_time, message.deleted_by = read.delete_time, read.deleted_by
