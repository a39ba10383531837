"""Dialogs and topics as they are created: what names the attempt travels in their meta.

tenant-api writes a row, then its meta key by key, then the rest. What is ours comes first, so that
nearly all that is cut off can be recognised; the caller's keys follow in an order that does not
depend on the request, so that every attempt at one request writes in the same one.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.client import TenantApi
from chat3_user.tenant_api.sending import SEND_KEY
from chat3_user.validation import Identity

DIRECT_KEY: Final = "chat3_direct"
"""The meta key under which the dialog of two users carries what names the two."""


TOLD_KEY: Final = "chat3_told"
"""The meta key that is set in a dialog to publish an update of it, where another may be missing."""


SERVICE_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "dialog": (SEND_KEY, DIRECT_KEY, TOLD_KEY),
    "message": (SEND_KEY,),
    "pack": (SEND_KEY, TOLD_KEY),
    "topic": (SEND_KEY,),
}
"""The keys that this service keeps in the custom data of a kind of object, if it keeps any."""


ANY_KEY: Final = "0"
"""What stands for a key where only its place in custom data matters."""


def missing_service_keys(kind: str, index: m.MetaIndex) -> list[str]:
    """Return which keys of this service an index of allowed keys leaves out."""
    if index.mode != "allowed":
        return []
    return [key for key in SERVICE_KEYS.get(kind, ()) if key not in index.keys]


def keyed(meta: Mapping[str, Any], key: str | None) -> dict[str, Any]:
    """Return meta as it is sent; the key is made up when absent.

    So two honest creations of equal content never look alike to the duplicate guard.
    """
    return {SEND_KEY: key or secrets.token_hex(16), **dict(sorted(meta.items()))}


async def create_dialog(
    api: TenantApi, identity: Identity, members: Sequence[str], meta: Mapping[str, Any]
) -> m.Dialog:
    """Write a dialog; its members (ids in lower case, written in this order) must exist.

    A member's type is never sent: tenant-api would change that of the user.

    Raises `CallError`.
    """
    body = {"members": [{"userId": user_id} for user_id in members], "meta": meta}
    answer = await api.call(routes.CREATE_DIALOG, identity, body=body)
    return answer.data


async def create_topic(
    api: TenantApi, identity: Identity, dialog_id: str, meta: Mapping[str, Any]
) -> m.Topic:
    """Write a topic; membership must have been proved.

    Raises `CallError`.
    """
    answer = await api.call(routes.CREATE_TOPIC, identity, body={"meta": meta}, dialog_id=dialog_id)
    return answer.data
