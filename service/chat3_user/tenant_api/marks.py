"""What a user does with a message: statuses and reactions; its message must have been proved."""

from typing import Final

from chat3_user.tenant_api import models as m
from chat3_user.tenant_api import routes
from chat3_user.tenant_api.answers import NoSuchReactionError, UnknownRouteError
from chat3_user.tenant_api.client import TenantApi
from chat3_user.tenant_api.route import Route
from chat3_user.validation import Identity

_CREATED: Final = 201


async def set_status(
    api: TenantApi, identity: Identity, dialog_id: str, message_id: str, status: str
) -> m.StatusRecord:
    """Record a status: by POST, or by PUT where the platform turned out to be older.

    Raises `CallError`.
    """
    first, other = routes.SET_STATUS, routes.SET_STATUS_BY_PUT
    if api.lacks(first):
        first, other = other, first

    async def ask(route: Route[m.Data[m.StatusRecord]]) -> m.StatusRecord:
        answer = await api.call(
            route, identity, dialog_id=dialog_id, message_id=message_id, status=status
        )
        return answer.data

    try:
        return await ask(first)
    except UnknownRouteError:
        return await ask(other)


async def set_reaction(
    api: TenantApi, identity: Identity, dialog_id: str, message_id: str, reaction: str
) -> bool:
    """Give a reaction; return whether it was new.

    Raises `CallError`.
    """
    status, _ = await api.answer(
        routes.SET_REACTION,
        identity,
        body={"reaction": reaction},
        dialog_id=dialog_id,
        message_id=message_id,
    )
    return status == _CREATED


async def unset_reaction(
    api: TenantApi, identity: Identity, dialog_id: str, message_id: str, reaction: str
) -> bool:
    """Take a reaction back; return whether it was there.

    Raises `CallError`.
    """
    try:
        await api.call(
            routes.UNSET_REACTION,
            identity,
            body={"reaction": reaction},
            dialog_id=dialog_id,
            message_id=message_id,
        )
    except NoSuchReactionError:
        return False
    return True
