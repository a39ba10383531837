"""The writes that repair or remove a message of this service, without membership checks."""

from typing import Final

from chat3_user.tenant_api import TenantApi, routes
from chat3_user.tenant_api import models as m
from chat3_user.tenant_api.answers import UnknownRouteError
from chat3_user.validation import Identity
from chat3_user.validation.text_rules import OUR_NAMES

TAKEN_AWAY_BY: Final = f"{OUR_NAMES}incomplete-copy"
"""Who deleted a message that this service took away; people's deletions carry other names."""


async def put_message_meta(
    api: TenantApi, identity: Identity, message_id: str, key: str, value: object
) -> None:
    """Set one key of a message's meta; every member gets an update of the message.

    Raises `CallError`.
    """
    await api.call(
        routes.SET_MESSAGE_META, identity, body={"value": value}, message_id=message_id, key=key
    )


async def take_away(api: TenantApi, identity: Identity, message_id: str) -> m.Message | None:
    """Delete a message as this service's own broken copy; return it as it is then.

    Somebody else's deletion stays theirs: see ``deleted_by``. None when the platform cannot delete,
    which is remembered for a while.

    Raises `CallError`.
    """
    if api.lacks(routes.DELETE_MESSAGE):
        return None
    body = {"deleted": True, "deletedBy": TAKEN_AWAY_BY}
    try:
        answer = await api.call(routes.DELETE_MESSAGE, identity, body=body, message_id=message_id)
    except UnknownRouteError:
        return None
    return answer.data
