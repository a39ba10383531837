"""Reads a message again whose text in an update may be only the beginning."""

import betterproto2

from chat3_api.chat3.user.v1 import PartialMessage, SubscribeUpdatesResponse
from chat3_cli.session import Session
from chat3_client import Chat3Error


async def whole_text(session: Session, response: SubscribeUpdatesResponse) -> None:
    """Put the whole text into an update that may have it cut.

    What cannot be read stays as it is, marked: the stream goes on.
    """
    if response.update is None:
        return
    _, payload = betterproto2.which_one_of(response.update, "payload")
    message = getattr(payload, "message", None)
    if not isinstance(message, PartialMessage) or not message.content_may_be_cut:
        return
    try:
        read = (await session.user.get_message(message.dialog_id, message.message_id)).message
    except Chat3Error:
        return
    if read is not None:
        message.content, message.content_may_be_cut = read.content, False
        if read.deleted:
            message.deleted, message.content, message.meta = True, None, None
            message.delete_time, message.deleted_by = read.delete_time, read.deleted_by
