"""Messages as they are sent: what names the attempt travels in their meta."""

from collections.abc import Mapping
from typing import Any, Final

from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.client import TenantApi
from chat3_user.validation import Identity

SEND_KEY: Final = "chat3_key"
"""The meta key under which a message carries what names the attempt to send it."""


async def send_message(
    api: TenantApi,
    identity: Identity,
    sender_id: str,
    dialog_id: str,
    body: Mapping[str, Any],
    key: str,
) -> m.Message:
    """Write a message; that its sender may must have been proved.

    ``body`` is the request without sender and key. The key (made up where there is none) names the
    attempt in the message's meta, where it is looked for after a cut; and two honest messages
    of equal text never look alike to the duplicate guard. tenant-api writes meta key by key,
    in this order: the key comes first, so that nearly all that is cut off can be recognised.

    Raises `CallError`.
    """
    meta = {SEND_KEY: key, **body.get("meta", {})}
    document = {"senderId": sender_id, **body, "meta": meta}
    answer = await api.call(routes.SEND_MESSAGE, identity, body=document, dialog_id=dialog_id)
    return answer.data
